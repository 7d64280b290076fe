-- grain: region x series x week with a story of tension or cohesion
-- title: Cohesion beside tension
-- question: Where tension was told of, was accord told of too?
-- mind: A story may count to several indicators, so the columns of tension may overlap and are given each for itself.
--   No balance is drawn: more cohesion does not undo a clash.
-- columns: region_code, series, week, hostility, incidents, grievance, rumour, cohesion, exposure
SELECT
    region_code, series, week,
    coalesce(max(stories) FILTER (indicator = 'hostility'), 0) AS hostility,
    coalesce(max(stories) FILTER (indicator = 'incidents'), 0) AS incidents,
    coalesce(max(stories) FILTER (indicator = 'grievance'), 0) AS grievance,
    coalesce(max(stories) FILTER (indicator = 'rumour'), 0) AS rumour,
    coalesce(max(stories) FILTER (indicator = 'cohesion'), 0) AS cohesion,
    max(exposure) AS exposure
FROM out_indicator_week
WHERE indicator <> 'attention'
    AND region_code = coalesce(getvariable('region'), region_code)
    AND week = coalesce(getvariable('week'), week)
GROUP BY region_code, series, week
HAVING max(stories) > 0
ORDER BY week, region_code, series
