-- Grain: one row an institution: of a region, or national where `region_code` is null.
SELECT region_code, name_kk, name_ru, name_en, kind, CAST(value AS VARCHAR) AS value, CAST(as_of AS VARCHAR) AS as_of,
    source
FROM ref_institution
ORDER BY region_code NULLS LAST, name_en
