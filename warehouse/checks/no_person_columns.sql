-- a published table has a column for texts or persons, or a post's or comment's address or title
SELECT table_name, column_name FROM duckdb_columns()
WHERE regexp_matches(table_name, '^(ref|core|out)_')
    AND (
        column_name IN ('text', 'body', 'context', 'html', 'surface', 'span', 'spans')
        OR regexp_matches(column_name, 'author|handle|nick|avatar|phone|mail|profile|person|user|iin')
    )
UNION ALL
SELECT 'core_article', article_id FROM core_article
WHERE genre <> 'news' AND (title IS NOT NULL OR url IS NOT NULL OR excerpt IS NOT NULL)
UNION ALL
SELECT 'core_article', article_id FROM core_article WHERE length(excerpt) > 200
