-- grain: region code x span of days in which borders, name and centre stayed the same
SELECT region_code, kato, kind, name_kk, name_ru, name_en, centre_kk, centre_ru, centre_en,
    CAST(valid_from AS DATE) AS valid_from, CAST(valid_to AS DATE) AS valid_to, split_from, source
FROM read_csv(
    getvariable('reference_region_version'), header = true, all_varchar = true, nullstr = ''
)
