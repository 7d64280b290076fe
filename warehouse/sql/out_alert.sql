-- grain: alert = indicator x series x region x week with a level; held ones were not raised because sources fell silent
WITH telling AS (
    SELECT
        indicator, series, region_code, week,
        count(*) FILTER (framed) AS framed_stories, count(*) FILTER (denied) AS denied_stories
    FROM step_counted GROUP BY ALL
)
SELECT
    concat_ws('-', life.indicator, life.series, life.region_code, life.week) AS alert_id,
    life.indicator, life.series, life.region_code, life.week, life.level, life.status,
    cell.stories, cell.weighed_stories, cell.outlets, cell.owner_groups, cell.exposure,
    signal.expected, signal.lo AS expected_lo, signal.hi AS expected_hi, signal.p, signal.q,
    coalesce(telling.framed_stories, 0) AS framed_stories,
    coalesce(telling.denied_stories, 0) AS denied_stories,
    coalesce(telling.denied_stories, 0) > 0 AS disputed,
    CASE WHEN life.indicator = 'hostility' THEN target.top_group END AS top_group,
    CASE WHEN life.indicator = 'hostility' THEN target.top_group_stories END AS top_group_stories,
    CASE WHEN life.indicator = 'hostility' THEN target.target_owner_groups END AS target_owner_groups,
    run.rule, run.parameters, run.model_hash, run.lexicon_hash, panel.panel_hash, run.snapshot_hash
FROM step_alert_life AS life
JOIN step_cell AS cell USING (indicator, series, region_code, week)
JOIN step_cell_signal AS signal USING (indicator, series, region_code, week)
LEFT JOIN telling USING (indicator, series, region_code, week)
LEFT JOIN step_target AS target USING (series, region_code, week)
LEFT JOIN step_panel_hash AS panel USING (series, week)
CROSS JOIN raw_run AS run
