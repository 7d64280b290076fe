-- grain: region x indicator x series x week with judged or seen stories
-- title: A region beside its own past
-- question: How did the counts of a region run, beside what was to be expected?
-- mind: Give --set region=KZ-31, maybe indicator and series. Weeks whose status is not ok have no expectation; `held`
--   and `insufficient` are not calm. News and social are never summed.
-- columns: region_code, indicator, series, week, stories, exposure, expected, expected_lo, expected_hi, level, status
SELECT
    region_code, indicator, series, week, stories, exposure, expected, expected_lo, expected_hi, level, status
FROM out_indicator_week
WHERE (exposure > 0 OR status = 'held')
    AND region_code = coalesce(getvariable('region'), region_code)
    AND indicator = coalesce(getvariable('indicator'), indicator)
    AND series = coalesce(getvariable('series'), series)
ORDER BY region_code, indicator, series, week
