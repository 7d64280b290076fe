-- grain: one row; rule, models and the fingerprint of everything that was counted
WITH line AS (
    SELECT md5(CAST(article AS VARCHAR)) AS fingerprint
    FROM (SELECT * EXCLUDE (window_first, window_last) FROM raw_current_article) AS article
    UNION ALL
    SELECT md5(CAST(reading AS VARCHAR)) FROM raw_current_reading AS reading
    UNION ALL
    SELECT md5(concat_ws(' ', story.article_id, story.story_id, story.copy_of))
    FROM raw_story AS story JOIN raw_current_article USING (article_id)
    UNION ALL
    SELECT md5(CAST(source AS VARCHAR)) FROM raw_source AS source
)
SELECT
    (SELECT left(sha256(coalesce(string_agg(fingerprint, '' ORDER BY fingerprint), '')), 16) FROM line) AS snapshot_hash,
    max(value) FILTER (key = 'rule') AS rule,
    CAST(max(value) FILTER (key = 'parameters') AS JSON) AS parameters,
    max(value) FILTER (key = 'model_hash') AS model_hash,
    max(value) FILTER (key = 'lexicon_hash') AS lexicon_hash
FROM raw_info
