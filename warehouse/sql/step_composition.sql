-- grain: region, or the country as KZ, x people x year; an imported table stands in place of the shipped rows of its year
SELECT region_code, group_name, group_id, CAST(population AS BIGINT) AS population, CAST(year AS INTEGER) AS year, source,
    basis, filename <> getvariable('reference_region_group')[1] AS imported
FROM read_csv(
    getvariable('reference_region_group'), header = true, all_varchar = true, nullstr = '', filename = true
)
QUALIFY filename = max_by(filename, list_position(getvariable('reference_region_group'), filename)) OVER (PARTITION BY year)
