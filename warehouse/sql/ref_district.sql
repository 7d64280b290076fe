-- grain: district or city of region rank
SELECT kato, region_code, name_kk, name_ru, name_en, CAST(year AS INTEGER) AS year, source
FROM read_csv(
    getvariable('reference_district'), header = true, all_varchar = true, nullstr = ''
)
