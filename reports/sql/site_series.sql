-- Grain: one row a region, indicator, series and week. Counts of cells under five stories or three owner groups are
-- null: nothing small leaves the warehouse. The range is rounded to whole stories for the same reason.
SELECT
    w.region_code, w.indicator, w.series, w.week,
    CASE WHEN w.publishable THEN w.stories END AS stories,
    CASE WHEN w.status = 'ok' THEN round(w.expected_lo) END AS expected_lo,
    CASE WHEN w.status = 'ok' THEN round(w.expected_hi) END AS expected_hi,
    w.status, coalesce(a.level, '') = 'alert' AND a.status <> 'held' AS alert
FROM out_indicator_week AS w
LEFT JOIN out_alert AS a USING (indicator, series, region_code, week)
ORDER BY w.region_code, w.indicator, w.series, w.week
