-- Grain: one row a region in the asked week. `baseline`: at least one series can be compared with its own past.
SELECT
    g.region_code, r.name_kk, r.name_ru, r.name_en, g.status, g.stories_placed_news, g.stories_placed_social,
    g.sources, g.unhealthy_sources, g.unhealthy_names,
    coalesce(c.baseline, false) AS baseline
FROM out_region_week AS g
JOIN ref_region AS r USING (region_code)
LEFT JOIN (
    SELECT region_code, bool_or(status <> 'no_baseline') AS baseline
    FROM out_indicator_week
    WHERE week = $week
    GROUP BY region_code
) AS c USING (region_code)
WHERE g.week = $week
ORDER BY g.region_code
