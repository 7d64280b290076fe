-- grain: published table
SELECT table_name, coalesce(comment, '') AS description, estimated_size AS rows
FROM duckdb_tables()
WHERE NOT internal AND database_name = current_database() AND schema_name = 'main'
ORDER BY table_name
