-- grain: indicator x series x region x week; what the life of an alert is decided from (level also where held)
SELECT
    cell.indicator, cell.series, cell.region_code, cell.week, cell.first_day, signal.level,
    CASE WHEN coverage.held THEN 'held' ELSE signal.status END AS status,
    coalesce(cell.weighed_stories <= signal.hi, false) AS inside
FROM step_cell AS cell
JOIN step_cell_signal AS signal USING (indicator, series, region_code, week)
JOIN step_region_coverage AS coverage USING (series, region_code, week)
