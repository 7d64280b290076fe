-- Grain: one row a region and ethnic group in the latest year known.
SELECT region_code, group_name, group_id, population, year, source, basis
FROM ref_region_group
QUALIFY year = max(year) OVER (PARTITION BY region_code)
ORDER BY region_code, group_name
