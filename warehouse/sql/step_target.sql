-- grain: series x region x week; the people most often the target of hostile stories, if five stories of three owners say so
SELECT
    counted.series, counted.region_code, counted.week, spoken.group_id AS top_group,
    count(DISTINCT counted.story_id) AS top_group_stories, count(DISTINCT source.owner_group) AS target_owner_groups
FROM step_counted AS counted
JOIN core_story_group AS spoken
    ON spoken.story_id = counted.story_id AND spoken.series = counted.series AND spoken.hostile
JOIN core_article AS article ON article.story_id = counted.story_id AND article.series = counted.series
JOIN core_source AS source USING (source_id)
WHERE counted.indicator = 'hostility'
GROUP BY counted.series, counted.region_code, counted.week, spoken.group_id
HAVING top_group_stories >= 5 AND target_owner_groups >= 3
QUALIFY row_number() OVER (
    PARTITION BY counted.series, counted.region_code, counted.week ORDER BY top_group_stories DESC, top_group
) = 1
