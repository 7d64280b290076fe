-- Grain: one row a region of today.
SELECT region_code, kind, name_kk, name_ru, name_en, centre_kk, centre_ru, centre_en FROM ref_region ORDER BY region_code
