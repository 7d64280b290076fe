-- Grain: one row a column of the published warehouse.
SELECT table_name, column_name, description FROM column_doc ORDER BY table_name, column_name
