-- grain: story x series, the fifty with most copies of those that count to an indicator
-- title: Stories with most copies
-- question: Which counted stories were reprinted most, and by how many owners?
-- mind: A story counts once, however often it is copied: copies measure reach, not tension. Twenty copies of one owner
--   are one voice. No title where the earliest copy is a post or comment.
-- columns: story_id, series, week, region_code, articles, outlets, owner_groups, indicators, title, url
SELECT
    story.story_id, story.series, story.week, story.region_code, story.articles, story.outlets, story.owner_groups,
    said.indicators, article.title, article.url
FROM core_story AS story
JOIN (
    SELECT story_id, series, string_agg(indicator, ' ' ORDER BY indicator) AS indicators
    FROM core_story_indicator GROUP BY story_id, series
) AS said USING (story_id, series)
LEFT JOIN core_article AS article ON article.article_id = story.story_id
WHERE story.week = coalesce(getvariable('week'), story.week)
    AND story.region_code IS NOT DISTINCT FROM coalesce(getvariable('region'), story.region_code)
ORDER BY story.articles DESC, story.story_id, story.series
LIMIT 50
