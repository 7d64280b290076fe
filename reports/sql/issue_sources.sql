-- Grain: one row a source that was not healthy in the asked week.
SELECT s.source_id, c.name, c.home_region, s.status, s.articles, s.expected
FROM out_source_week AS s
JOIN core_source AS c USING (source_id)
WHERE s.week = $week AND s.status <> 'healthy'
ORDER BY s.status, c.name
