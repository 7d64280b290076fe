-- grain: story x series x indicator counted in a region and week (placed, dated, of the panel)
SELECT
    said.indicator, story.series, story.region_code, story.week, story.story_id, story.articles, story.lead_owner_group,
    said.framed, said.denied, said.top_article_id
FROM core_story_indicator AS said
JOIN core_story AS story ON story.story_id = said.story_id AND story.series = said.series
WHERE story.in_panel AND story.region_code IS NOT NULL AND story.week IS NOT NULL
