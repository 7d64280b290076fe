-- grain: day x people x basis, the whole country
WITH shipped AS (
    SELECT CAST(day AS DATE) AS day, group_name, group_id, CAST(population AS BIGINT) AS population,
        CAST(share_percent AS DOUBLE) AS share_percent, basis, source
    FROM read_csv(
        getvariable('reference_national_group'), header = true, all_varchar = true, nullstr = ''
    )
), imported AS (
    SELECT
        make_date(year, 1, 1) AS day, group_name, group_id, population,
        round(100.0 * population / max(population) FILTER (group_name = 'Total') OVER (PARTITION BY year), 2) AS share_percent,
        basis, source
    FROM step_composition WHERE region_code = 'KZ'
)
SELECT day, group_name, group_id, population, share_percent, basis, source FROM imported
UNION ALL
SELECT day, group_name, group_id, population, share_percent, basis, source
FROM shipped ANTI JOIN (SELECT DISTINCT day FROM imported) USING (day)
