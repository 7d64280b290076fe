-- grain: indicator x series x region x week, complete; status says what the figures can bear
SELECT
    cell.indicator, cell.series, cell.region_code, cell.week,
    cell.articles, cell.stories, cell.weighed_stories, cell.outlets, cell.owner_groups, cell.exposure,
    signal.rate_per_1000, signal.rate_lo, signal.rate_hi,
    signal.expected, signal.lo AS expected_lo, signal.hi AS expected_hi, signal.p, signal.q,
    CASE WHEN coverage.held THEN '' ELSE signal.level END AS level,
    CASE WHEN coverage.held THEN 'held' ELSE signal.status END AS status,
    coverage.coverage_flag, cell.panel_sources,
    corrected.rate_corrected_per_1000, corrected.rate_corrected_lo, corrected.rate_corrected_hi,
    coalesce(audit.audit_size, 0) AS audit_size,
    CASE WHEN corrected.week IS NULL THEN 'uncorrected' ELSE 'corrected' END AS audit,
    NOT coverage.held AND signal.status = 'ok' AND cell.stories >= 5 AND cell.owner_groups >= 3 AS publishable
FROM step_cell AS cell
JOIN step_cell_signal AS signal USING (indicator, series, region_code, week)
JOIN step_region_coverage AS coverage USING (series, region_code, week)
LEFT JOIN step_cell_corrected AS corrected USING (indicator, series, region_code, week)
LEFT JOIN step_audit_count AS audit USING (indicator, series, week)
