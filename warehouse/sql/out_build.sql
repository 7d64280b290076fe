-- grain: key; what this warehouse was made from
WITH figures AS (
    SELECT 'articles' AS key, CAST(count(*) AS VARCHAR) AS value FROM core_article
    UNION ALL SELECT 'articles_undated', CAST(count(*) FILTER (day IS NULL) AS VARCHAR) FROM core_article
    UNION ALL SELECT 'stories', CAST(count(DISTINCT story_id) AS VARCHAR) FROM core_article
    UNION ALL SELECT 'sources', CAST(count(*) AS VARCHAR) FROM core_source
    UNION ALL SELECT 'weeks', CAST(count(*) AS VARCHAR) FROM step_week
    UNION ALL SELECT 'indicators', CAST(count(*) AS VARCHAR) FROM ref_indicator
    UNION ALL
    SELECT 'articles_of_unlisted_sources', CAST(count(DISTINCT article_id) AS VARCHAR)
    FROM raw_article ANTI JOIN raw_listed_file USING (path) ANTI JOIN raw_current_article USING (article_id)
    UNION ALL
    SELECT 'alerts', CAST(count(*) FILTER (level = 'alert' AND status <> 'held') AS VARCHAR) FROM out_alert
    UNION ALL
    SELECT 'watches', CAST(count(*) FILTER (level = 'watch' AND status <> 'held') AS VARCHAR) FROM out_alert
    UNION ALL SELECT 'held', CAST(count(*) FILTER (status = 'held') AS VARCHAR) FROM out_alert
    UNION ALL
    SELECT 'window', min(first_day) || '_' || max(last_day) FROM raw_listed_file WHERE kind = 'articles'
    UNION ALL SELECT 'snapshot_hash', snapshot_hash FROM raw_run
)
SELECT key, value FROM figures
UNION ALL
SELECT key, value FROM raw_info
