-- grain: indicator
SELECT indicator, direction, title_kk, title_ru, title_en, definition_en, highest_level
FROM read_csv(
    getvariable('reference_indicator'), header = true, all_varchar = true, nullstr = ''
)
