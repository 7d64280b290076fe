-- grain: region of today: 17 oblasts and 3 cities
SELECT region_code, kato, kind, name_kk, name_ru, name_en, centre_kk, centre_ru, centre_en,
    CAST(valid_from AS DATE) AS valid_from, split_from, other_names,
    source
FROM read_csv(
    getvariable('reference_region'), header = true, all_varchar = true, nullstr = ''
)
