-- Grain: one row a source and week.
SELECT source_id, week, articles, expected, status FROM out_source_week ORDER BY source_id, week
