-- grain: region x week up to that of the alert, of its indicator and series; what `judge_cells` reads
SELECT cell.* EXCLUDE (level, expected, expected_lo, expected_hi, p, q), week.first_day, indicator.highest_level
FROM out_indicator_week AS cell
JOIN ref_indicator AS indicator USING (indicator)
JOIN out_week AS week USING (week)
WHERE cell.indicator = getvariable('indicator') AND cell.series = getvariable('series')
    AND cell.week <= getvariable('week')
ORDER BY cell.region_code, cell.week
