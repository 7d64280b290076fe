-- grain: alert; of one week or level if asked for
SELECT
    alert_id, level, status, stories, outlets, owner_groups, exposure, expected, expected_lo, expected_hi, p, q, disputed
FROM out_alert
WHERE week = coalesce(getvariable('week'), week) AND level = coalesce(getvariable('level'), level)
ORDER BY week, region_code, indicator, series
