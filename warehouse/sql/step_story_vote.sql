-- grain: story x series x role x region; how many of its articles name the region
SELECT
    article.story_id, article.series, place.role, place.region_code,
    count(DISTINCT article.article_id) AS articles, sum(place.mentions) AS mentions, min(place.first_offset) AS first_offset
FROM core_article AS article
JOIN core_article_place AS place USING (article_id)
WHERE place.role IN ('event', 'dateline') AND place.region_code IS NOT NULL
GROUP BY ALL
