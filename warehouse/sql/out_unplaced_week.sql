-- grain: series x week; stories no region could be given to
SELECT series.series, week.week, count(story.story_id) AS stories
FROM (VALUES ('news'), ('social')) AS series (series)
CROSS JOIN step_week AS week
LEFT JOIN core_story AS story ON story.series = series.series AND story.week = week.week AND story.region_code IS NULL
GROUP BY ALL
