-- grain: story x series that can be counted (of the panel, placed, dated): what an audit sample is drawn from
WITH lead_copy AS (
    SELECT
        story_id, series,
        arg_min(article_id, (coalesce(epoch(published_at), 1e12), article_id)) AS lead_article_id
    FROM core_article GROUP BY story_id, series
), said AS (
    SELECT DISTINCT story_id, series FROM core_story_indicator
)
SELECT
    story.story_id, story.series, story.week, lead_copy.lead_article_id, said.story_id IS NOT NULL AS flagged
FROM core_story AS story
JOIN lead_copy ON lead_copy.story_id = story.story_id AND lead_copy.series = story.series
LEFT JOIN said ON said.story_id = story.story_id AND said.series = story.series
WHERE story.in_panel AND story.region_code IS NOT NULL AND story.week IS NOT NULL
