-- grain: source x week in which it was silent or thin
-- title: Sources that fell silent
-- question: Which sources brought far less than they usually do, and for which region do they write?
-- mind: Judged by the source's own past (probability below .001); a source has to be there for 8 weeks first. Silence
--   of a source says nothing about the region.
-- columns: source_id, name, home_region, week, articles, expected, p_low, status
SELECT
    source_week.source_id, source.name, source.home_region, source_week.week, source_week.articles,
    source_week.expected, source_week.p_low, source_week.status
FROM out_source_week AS source_week
JOIN core_source AS source USING (source_id)
WHERE source_week.status IN ('silent', 'thin')
    AND source_week.week = coalesce(getvariable('week'), source_week.week)
ORDER BY source_week.week, source_week.source_id
