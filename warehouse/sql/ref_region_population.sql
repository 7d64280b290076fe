-- grain: region x year; before 2022 in the borders of the year
WITH counted AS (
    SELECT region_code, CAST(year AS INTEGER) AS year, CAST(population AS BIGINT) AS population, source, basis
    FROM read_csv(
        getvariable('reference_region_population'), header = true, all_varchar = true, nullstr = '', filename = true
    )
    QUALIFY filename = max_by(filename, list_position(getvariable('reference_region_population'), filename)) OVER (PARTITION BY year)
), summed AS ( -- a year only the composition is known of
    SELECT region_code, year, CAST(sum(population) AS BIGINT) AS population, any_value(source) AS source, 'summed from groups' AS basis
    FROM ref_region_group
    GROUP BY ALL
)
SELECT region_code, year, population, source, basis FROM counted
UNION ALL
SELECT region_code, year, population, source, basis FROM summed ANTI JOIN (SELECT DISTINCT year FROM counted) USING (year)
