-- Grain: one row a cell of the asked week at level `watch`; for the desk, never for mail or site.
-- `capped`: the indicator never rises above a watch.
SELECT w.indicator, w.series, w.region_code, i.highest_level = 'watch' AS capped
FROM out_indicator_week AS w
JOIN ref_indicator AS i USING (indicator)
WHERE w.week = $week AND w.level = 'watch' AND w.status = 'ok'
ORDER BY w.indicator, w.series, w.region_code
