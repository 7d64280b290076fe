-- grain: institution or figure about institutions x region (null: national)
SELECT name_en, name_ru, name_kk, kind, region_code, value, as_of, source
FROM read_csv(
    getvariable('reference_institution'), header = true, all_varchar = true, nullstr = ''
)
