-- grain: story x series x group spoken of in at least half of the copies; hostile if half of the copies are
SELECT
    article.story_id,
    article.series,
    spoken.group_id,
    2 * count(*) FILTER (
        article.rel = 'domestic' AND article.voice <> 'counter'
        AND (spoken.severity >= 2 OR (spoken.severity >= 1 AND spoken.stance = -1))
    ) >= story.articles AS hostile,
    max(spoken.severity) AS severity
FROM core_article_group AS spoken
JOIN core_article AS article USING (article_id)
JOIN core_story AS story ON story.story_id = article.story_id AND story.series = article.series
GROUP BY article.story_id, article.series, spoken.group_id, story.articles
HAVING 2 * count(*) >= story.articles
