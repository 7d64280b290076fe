-- grain: region x ethnic group, the latest year at hand
-- title: Who lives where
-- question: Which peoples live in a region, by the latest published count?
-- mind: Look at `basis`: some cells are summed from districts, some estimated. Never set these numbers against counts
--   of stories: who is spoken of does not depend on who lives there.
-- columns: region_code, group_name, population, share_percent, year, basis, source
SELECT
    region_code, group_name, population,
    100.0 * population / sum(population) OVER (PARTITION BY region_code, year) AS share_percent,
    year, basis, source
FROM ref_region_group
WHERE region_code = coalesce(getvariable('region'), region_code)
QUALIFY year = max(year) OVER (PARTITION BY region_code)
ORDER BY region_code, population DESC, group_name
