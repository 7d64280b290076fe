-- grain: region x week that could not be judged
-- title: Regions not seen well enough
-- question: Which regions were held or brought too few stories in the week, and who was missing?
-- mind: Held from a third of the usual stories missing. Nothing follows about calm or tension there.
-- columns: region_code, region, week, status, stories_placed_news, stories_placed_social, unhealthy_sources, unhealthy_names
SELECT
    region_week.region_code, region.name_en AS region, region_week.week, region_week.status,
    region_week.stories_placed_news, region_week.stories_placed_social, region_week.unhealthy_sources,
    region_week.unhealthy_names
FROM out_region_week AS region_week
JOIN ref_region AS region USING (region_code)
WHERE region_week.status <> 'ok'
    AND region_week.week = coalesce(getvariable('week'), (SELECT max(week) FROM out_week WHERE complete))
ORDER BY region_week.region_code
