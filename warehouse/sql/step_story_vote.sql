-- grain: story x series x role x region; how many of its articles name the region
SELECT
    article.story_id, article.series, place.role, place.region_code,
    count(DISTINCT article.article_id) AS articles, sum(place.mentions) AS mentions, min(place.first_offset) AS first_offset
FROM core_article AS article
JOIN core_article_place AS place USING (article_id)
WHERE place.role IN ('event', 'dateline') AND place.region_code IS NOT NULL
GROUP BY ALL
UNION ALL BY NAME
SELECT
    article.story_id, article.series, 'headline' AS role, reading.headline_region AS region_code,
    count(*) AS articles, count(*) AS mentions, 0 AS first_offset
FROM core_article AS article
JOIN raw_current_reading AS reading USING (article_id)
-- a comment takes the region of the article it stands under, which knows more than that article's headline
WHERE reading.headline_region IS NOT NULL AND article.genre <> 'comment'
GROUP BY ALL
