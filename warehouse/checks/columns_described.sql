-- a published column has no description in columns.toml, or a description has no column
SELECT coalesce(found.table_name, doc.table_name) AS table_name, coalesce(found.column_name, doc.column_name) AS column_name
FROM (
    SELECT table_name, column_name FROM duckdb_columns() WHERE regexp_matches(table_name, '^(ref|core|out)_')
    UNION ALL
    SELECT table_name, '_table' FROM duckdb_tables() WHERE regexp_matches(table_name, '^(ref|core|out)_')
) AS found
FULL JOIN column_doc AS doc USING (table_name, column_name)
WHERE (found.column_name IS NULL AND doc.table_name <> 'column_doc') OR doc.description IS NULL
    OR length(doc.description) < 5
