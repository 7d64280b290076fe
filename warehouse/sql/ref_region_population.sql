-- grain: region x year; before 2022 in the borders of the year
SELECT region_code, CAST(year AS INTEGER) AS year, CAST(population AS BIGINT) AS population, source
FROM read_csv(
    getvariable('reference') || '/region_population.csv', header = true, all_varchar = true, nullstr = ''
)
