-- something vanished between two stages: fetched pages, extracted articles, readings do not add up
WITH extracted AS ( -- in a file, as many `ok` lines as articles
    SELECT file.source_id, file.first_day, file.last_day, count(*) AS items
    FROM raw_outcome AS outcome JOIN raw_file AS file USING (path)
    WHERE outcome.stage = 'extract' AND outcome.word = 'ok' GROUP BY ALL
), written AS (
    SELECT file.source_id, file.first_day, file.last_day, count(*) AS items
    FROM raw_article JOIN raw_file AS file USING (path) GROUP BY ALL
), fetched AS ( -- a web page has a fate of its own, its comments come on top; a channel's preview page may be empty
    SELECT file.source_id, file.first_day, file.last_day, count(*) AS items
    FROM raw_outcome AS outcome JOIN raw_file AS file USING (path) JOIN raw_source AS source ON source.source_id = file.source_id
    WHERE outcome.stage = 'fetch' AND outcome.word = 'fetched' AND source.kind = 'web' GROUP BY ALL
), judged AS (
    SELECT file.source_id, file.first_day, file.last_day, count(*) AS items
    FROM raw_outcome AS outcome JOIN raw_file AS file USING (path) WHERE outcome.stage = 'extract' GROUP BY ALL
), read_once AS (
    SELECT source_id, item, count(*) AS fates, bool_or(word IN ('read', 'gated')) AS has_reading
    FROM raw_current_outcome WHERE stage = 'read' GROUP BY ALL
)
SELECT
    'extract ok = articles' AS rule, coalesce(extracted.source_id, written.source_id) AS source_id,
    concat_ws('_', coalesce(extracted.first_day, written.first_day), coalesce(extracted.last_day, written.last_day)) AS item,
    coalesce(extracted.items, 0) AS before, coalesce(written.items, 0) AS after
FROM extracted FULL JOIN written
    ON extracted.source_id = written.source_id AND extracted.first_day = written.first_day
    AND extracted.last_day = written.last_day
WHERE coalesce(extracted.items, 0) <> coalesce(written.items, 0)
UNION ALL
SELECT
    'each fetched page is extracted', fetched.source_id, concat_ws('_', fetched.first_day, fetched.last_day), fetched.items,
    coalesce(judged.items, 0)
FROM fetched LEFT JOIN judged
    ON fetched.source_id = judged.source_id AND fetched.first_day = judged.first_day AND fetched.last_day = judged.last_day
WHERE coalesce(judged.items, 0) < fetched.items
UNION ALL
SELECT 'each article is read, gated or failed once', article.source_id, article.article_id, 1, coalesce(fates, 0)
FROM raw_current_article AS article
LEFT JOIN read_once ON read_once.source_id = article.source_id AND read_once.item = article.article_id
WHERE coalesce(fates, 0) <> 1
UNION ALL
SELECT 'read or gated = reading', read_once.source_id, read_once.item, 1, 0
FROM read_once
JOIN raw_current_article AS article ON article.article_id = read_once.item
LEFT JOIN raw_current_reading AS reading ON reading.article_id = read_once.item
WHERE read_once.has_reading AND reading.article_id IS NULL
UNION ALL
SELECT 'a reading has an article that was read', '', core_article.article_id, 0, 1
FROM core_article LEFT JOIN read_once ON read_once.item = core_article.article_id
WHERE NOT coalesce(read_once.has_reading, false)
