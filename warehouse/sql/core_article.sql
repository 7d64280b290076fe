-- grain: article that was read; title, address and excerpt for news only, the text never
SELECT
    article.article_id,
    article.source_id,
    story.story_id,
    story.copy_of,
    article.genre,
    CASE article.genre WHEN 'news' THEN 'news' ELSE 'social' END AS series,
    CAST(left(article.published_at, 10) AS DATE) AS day, -- published_at carries the offset of Almaty
    strftime(CAST(left(article.published_at, 10) AS DATE), '%G-W%V') AS week,
    CAST(article.published_at AS TIMESTAMPTZ) AS published_at,
    CASE article.genre WHEN 'news' THEN article.title END AS title,
    CASE article.genre WHEN 'news' THEN article.url END AS url,
    CASE
        WHEN article.genre <> 'news' THEN NULL
        WHEN length(article.text) <= 200 THEN article.text
        ELSE rtrim(left(article.text, 199)) || '…'
    END AS excerpt,
    reading.language,
    reading.rel,
    reading.voice,
    reading.time,
    reading.frame,
    coalesce(list_max(list_transform(reading.groups, lambda g: g.sev)), 0) AS max_severity,
    reading.voice <> 'counter' AND coalesce(
        list_bool_or(list_transform(reading.groups, lambda g: g.sev >= 2 OR (g.sev >= 1 AND g.st = -1))), false
    ) AS hostile,
    CAST(json_extract(reading.p, '$.rel.' || reading.rel) AS DOUBLE) AS probability_rel,
    reading.model
FROM raw_current_article AS article
JOIN raw_current_reading AS reading USING (article_id)
LEFT JOIN raw_story AS story USING (article_id)
