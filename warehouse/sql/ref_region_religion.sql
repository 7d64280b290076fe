-- grain: region in the borders before 2022-06-08 x answer on religion, census 2021
SELECT region_code, religion, CAST(share_percent AS DOUBLE) AS share_percent, CAST(day AS DATE) AS day, source, basis
FROM read_csv(
    getvariable('reference_region_religion'), header = true, all_varchar = true, nullstr = ''
)
