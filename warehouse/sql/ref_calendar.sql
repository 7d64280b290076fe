-- grain: feast or memorial day, by the rule of its date
SELECT day_rule, name_kk, name_ru, name_en, kind, expected_effect, source
FROM read_csv(
    getvariable('reference_calendar'), header = true, all_varchar = true, nullstr = ''
)
