-- grain: day x ethnic group x basis, the whole country
SELECT CAST(day AS DATE) AS day, group_name, CAST(population AS BIGINT) AS population,
    CAST(share_percent AS DOUBLE) AS share_percent, basis, source
FROM read_csv(
    getvariable('reference') || '/national_group.csv', header = true, all_varchar = true, nullstr = ''
)
