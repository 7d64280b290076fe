-- a table has two rows for one of its grain
SELECT 'core_article' AS "table", article_id AS grain, count(*) AS rows FROM core_article GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'core_source', source_id, count(*) FROM core_source GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'core_story', concat_ws(' ', story_id, series), count(*) FROM core_story GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'core_story_indicator', concat_ws(' ', story_id, series, indicator), count(*)
FROM core_story_indicator GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'core_story_group', concat_ws(' ', story_id, series, group_id), count(*)
FROM core_story_group GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'core_article_group', concat_ws(' ', article_id, group_id), count(*)
FROM core_article_group GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'step_article_indicator', concat_ws(' ', article_id, indicator), count(*)
FROM step_article_indicator GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'out_indicator_week', concat_ws(' ', indicator, series, region_code, week), count(*)
FROM out_indicator_week GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'out_alert', alert_id, count(*) FROM out_alert GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'out_alert_evidence', concat_ws(' ', alert_id, rank), count(*) FROM out_alert_evidence GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'out_source_week', concat_ws(' ', source_id, week), count(*) FROM out_source_week GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'out_region_week', concat_ws(' ', region_code, week), count(*) FROM out_region_week GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'out_group_week', concat_ws(' ', group_id, region_code, series, week), count(*)
FROM out_group_week GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'out_week', week, count(*) FROM out_week GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'out_build', key, count(*) FROM out_build GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'raw_story', article_id, count(*) FROM raw_story GROUP BY ALL HAVING count(*) > 1
