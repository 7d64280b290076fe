-- grain: unit of the state classifier KATO; empty until one is imported
SELECT kato, parent_kato, CAST(level AS INTEGER) AS level, kind, name_kk, name_ru, region_code, district_kato,
    CAST(year AS INTEGER) AS year, source
FROM read_csv(
    getvariable('reference_settlement'), header = true, all_varchar = true, nullstr = ''
)
