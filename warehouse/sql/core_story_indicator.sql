-- grain: story x series x indicator it counts to
-- At least half of the copies must say so: by "any copy", twenty copies would have twenty chances of a false reading.
SELECT
    article.story_id,
    article.series,
    said.indicator,
    bool_or(said.framed) AS framed,
    bool_or(said.denied) AS denied,
    arg_min(article.article_id, (coalesce(epoch(article.published_at), 1e12), article.article_id)) AS top_article_id
FROM step_article_indicator AS said
JOIN core_article AS article USING (article_id)
JOIN core_story AS story ON story.story_id = article.story_id AND story.series = article.series
GROUP BY article.story_id, article.series, said.indicator, story.articles
HAVING 2 * count(*) >= story.articles
