-- Grain: one row a calendar mark on a day between the two days asked for.
SELECT
    day, name_kk, name_ru, name_en,
    CASE WHEN expected_effect LIKE 'memorial peak%' THEN 'memorial' ELSE kind END AS kind, -- mourning is not friendly talk
    expected_effect
FROM ref_calendar_day
WHERE day BETWEEN $first AND $last
ORDER BY day, name_en
