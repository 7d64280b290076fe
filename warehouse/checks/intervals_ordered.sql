-- an interval is upside down, a probability outside 0 to 1, or a figure stands where the status allows none
SELECT indicator, series, region_code, week, status, expected, expected_lo, expected_hi, p, q
FROM out_indicator_week
WHERE expected_lo > expected_hi OR expected < 0 OR p NOT BETWEEN 0 AND 1 OR q NOT BETWEEN 0 AND 1 OR q < p - 1e-12
    OR rate_lo > rate_per_1000 OR rate_per_1000 > rate_hi
    OR (status IN ('no_baseline', 'insufficient') AND p IS NOT NULL)
    OR (status = 'ok' AND (p IS NULL OR q IS NULL OR expected IS NULL))
    OR status NOT IN ('ok', 'no_baseline', 'insufficient', 'held')
    OR level NOT IN ('', 'watch', 'alert')
