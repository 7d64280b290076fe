-- grain: series x region x week; stories of panel sources placed there, and the sources that could have brought some
SELECT
    series.series, region.region_code, week.week, week.first_day, week.week_number,
    count(story.story_id) AS exposure,
    (SELECT count(*) FROM step_panel AS panel JOIN core_source AS source USING (source_id)
     WHERE panel.week = week.week AND list_contains(source.series, series.series)) AS panel_sources
FROM (VALUES ('news'), ('social')) AS series (series)
CROSS JOIN ref_region AS region
CROSS JOIN step_week AS week
LEFT JOIN core_story AS story
    ON story.series = series.series AND story.region_code = region.region_code AND story.week = week.week AND story.in_panel
GROUP BY ALL
