-- grain: district (or districts only published together) x people x year
SELECT region_code, kato, name_ru, name_en, group_name, group_id, CAST(population AS BIGINT) AS population,
    CAST(district.year AS INTEGER) AS year, source, basis
FROM read_csv(
    getvariable('reference_district_group'), header = true, all_varchar = true, nullstr = ''
) AS district
-- they are of the publication that an imported one of the same year stands in place of
ANTI JOIN (SELECT DISTINCT year FROM step_composition WHERE imported) AS renewed
    ON renewed.year = CAST(district.year AS INTEGER)
