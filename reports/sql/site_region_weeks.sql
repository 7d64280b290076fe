-- Grain: one row a region and week: how well it was seen.
SELECT region_code, week, status FROM out_region_week ORDER BY region_code, week
