-- grain: week x series
-- title: Attention beside the calendar
-- question: Do weeks with feasts and memorial days explain a rise of attention?
-- mind: `attention` counts feasts too; it is context and never alarms. Sums over the regions that were judged, so
--   compare `stories` with `expected`, not week with week.
-- columns: week, series, feasts, regions_judged, stories, expected
WITH feast AS (
    SELECT week, string_agg(DISTINCT name_en, '; ' ORDER BY name_en) AS feasts FROM ref_calendar_day GROUP BY week
)
SELECT
    cell.week, cell.series, feast.feasts, count(*) AS regions_judged,
    CAST(sum(cell.stories) AS BIGINT) AS stories, sum(cell.expected) AS expected
FROM out_indicator_week AS cell
LEFT JOIN feast USING (week)
WHERE cell.indicator = 'attention' AND cell.status = 'ok'
GROUP BY cell.week, cell.series, feast.feasts
ORDER BY cell.week, cell.series
