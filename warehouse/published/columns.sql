-- grain: column of a published table, in the order of the table
SELECT table_name, column_name, data_type, coalesce(comment, '') AS description
FROM duckdb_columns()
WHERE NOT internal AND database_name = current_database() AND schema_name = 'main'
ORDER BY table_name, column_index
