-- grain: signal that ended
-- title: Signals that ended
-- question: Which signals have come to an end, and how long did they last?
-- mind: Ended means three judged weeks without a level and inside the interval. Weeks that could not be judged do not
--   count. A signal missing here may be blind, not over: see `region_series`.
-- columns: indicator, series, region_code, first_week, last_alert_week, ended_week, weeks_with_level
SELECT
    ended.indicator, ended.series, ended.region_code,
    min(alert.week) AS first_week, ended.last_alert_week, ended.week AS ended_week, count(*) AS weeks_with_level
FROM out_ended AS ended
JOIN out_alert AS alert
    ON alert.indicator = ended.indicator AND alert.series = ended.series AND alert.region_code = ended.region_code
    AND alert.week <= ended.last_alert_week AND alert.status <> 'held'
LEFT JOIN out_ended AS earlier
    ON earlier.indicator = ended.indicator AND earlier.series = ended.series
    AND earlier.region_code = ended.region_code AND earlier.week < ended.week AND earlier.week >= alert.week
WHERE earlier.week IS NULL
GROUP BY ended.indicator, ended.series, ended.region_code, ended.last_alert_week, ended.week
ORDER BY ended.week, ended.indicator, ended.series, ended.region_code
