-- grain: region x people x year
SELECT region_code, group_name, group_id, population, year, source, basis
FROM step_composition
WHERE region_code <> 'KZ'
