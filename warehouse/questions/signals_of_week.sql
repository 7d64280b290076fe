-- grain: alert = indicator x series x region x week
-- title: Signals of a week
-- question: Where did something rise in the week, how much was to be expected, and what speaks against it?
-- mind: `watch` is for the desk only; `held` was not raised because sources fell silent. `disputed` means that a story
--   denies it. The order is by region code, never by height.
-- columns: alert_id, indicator, series, region, level, status, stories, expected, expected_lo, expected_hi, q,
--   framed_stories, denied_stories, disputed
SELECT
    alert.alert_id, indicator.title_en AS indicator, alert.series, region.name_en AS region, alert.level, alert.status,
    alert.stories, alert.expected, alert.expected_lo, alert.expected_hi, alert.q,
    alert.framed_stories, alert.denied_stories, alert.disputed
FROM out_alert AS alert
JOIN ref_indicator AS indicator USING (indicator)
JOIN ref_region AS region USING (region_code)
WHERE alert.week = coalesce(getvariable('week'), (SELECT max(week) FROM out_week WHERE complete))
ORDER BY alert.region_code, alert.indicator, alert.series
