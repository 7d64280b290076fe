-- grain: indicator x series
-- title: How far the counts can be trusted
-- question: By the latest audit, which share of the counted stories is right, and which share is found?
-- mind: Null where nobody has judged enough stories yet; then every rate of the indicator is uncorrected. The figures
--   hold for the whole country, not for a region or a people.
-- columns: indicator, series, week, audit_size, precision, precision_lo, precision_hi, sensitivity, sensitivity_lo,
--   sensitivity_hi
SELECT
    indicator.indicator, series.series, audit.week, coalesce(audit.audit_size, 0) AS audit_size,
    audit.precision, audit.precision_lo, audit.precision_hi,
    audit.sensitivity, audit.sensitivity_lo, audit.sensitivity_hi
FROM ref_indicator AS indicator
CROSS JOIN (VALUES ('news'), ('social')) AS series (series)
LEFT JOIN (
    SELECT * FROM out_audit_week QUALIFY week = max(week) OVER (PARTITION BY indicator, series)
) AS audit ON audit.indicator = indicator.indicator AND audit.series = series.series
ORDER BY indicator.indicator, series.series
