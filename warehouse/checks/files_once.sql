-- a stage file stands twice in the raw tables: two machines loaded it at once; `shanyraq lake load` puts it right
SELECT path, count(*) AS times FROM raw_file GROUP BY path HAVING count(*) > 1
