-- grain: region x ethnic group, 1 January 2025
SELECT region_code, group_name, group_id, CAST(population AS BIGINT) AS population, CAST(year AS INTEGER) AS year, source, basis
FROM read_csv(
    getvariable('reference') || '/region_group.csv', header = true, all_varchar = true, nullstr = ''
)
