-- Grain: one row a cell of the asked week at level `watch`; for the desk, never for mail or site.
SELECT indicator, series, region_code
FROM out_indicator_week
WHERE week = $week AND level = 'watch' AND status = 'ok'
ORDER BY indicator, series, region_code
