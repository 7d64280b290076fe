-- grain: violent event that was not between peoples x region (null: the whole country)
SELECT CAST(first_day AS DATE) AS first_day, CAST(last_day AS DATE) AS last_day, day_precision, region_code, event,
    why_control, certainty, source
FROM read_csv(
    getvariable('reference_control_event'), header = true, all_varchar = true, nullstr = ''
)
