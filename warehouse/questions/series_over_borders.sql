-- grain: unit of a set of borders x indicator x series x week with a story seen
-- title: A series over a split of regions
-- question: How do counts run on in units that had the same borders before and after a split?
-- mind: Give --set borders=, one of `SELECT DISTINCT borders FROM ref_border_region`; default: today's. One set at a
--   time, never summed. Where `comparable` is false, texts of that week carry another code.
-- columns: borders, unit_code, indicator, series, week, stories, exposure, rate_per_1000, population, comparable
SELECT borders, unit_code, indicator, series, week, stories, exposure, rate_per_1000, population, comparable
FROM out_border_week
WHERE exposure > 0
    AND borders = coalesce(getvariable('borders'), 'today')
    AND indicator = coalesce(getvariable('indicator'), indicator)
ORDER BY unit_code, indicator, series, week
