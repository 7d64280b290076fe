-- grain: group x region x series x week in which a story speaks of the group; before suppression
SELECT
    spoken.group_id, story.region_code, story.series, story.week,
    count(DISTINCT story.story_id) FILTER (spoken.hostile) AS hostile_stories,
    count(DISTINCT story.story_id) AS stories,
    count(DISTINCT source.owner_group) AS owner_groups
FROM core_story_group AS spoken
JOIN core_story AS story ON story.story_id = spoken.story_id AND story.series = spoken.series
JOIN core_article AS article ON article.story_id = story.story_id AND article.series = story.series
JOIN core_source AS source USING (source_id)
WHERE story.region_code IS NOT NULL AND story.week IS NOT NULL
GROUP BY ALL
