-- grain: indicator x series x region x week with an audit in its window and stories placed; what a correction needs
SELECT cell.indicator, cell.series, cell.region_code, cell.week, cell.stories, cell.exposure,
    audit.* EXCLUDE (indicator, series, week, week_counted, week_placed)
FROM step_cell AS cell
JOIN step_audit_count AS audit USING (indicator, series, week)
WHERE cell.exposure > 0
