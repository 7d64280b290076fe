-- grain: region in one week
-- title: Stories and residents
-- question: How many stories did we see of each region, beside how many people live there?
-- mind: This shows how unevenly the country is covered. Stories per resident grow with the number of outlets and say
--   nothing about tension.
-- columns: region_code, region, population, population_year, stories_news, stories_social, news_per_100000
WITH resident AS (
    SELECT region_code, max_by(population, year) AS population, max(year) AS population_year
    FROM ref_region_population GROUP BY region_code
)
SELECT
    region.region_code, region.name_en AS region, resident.population, resident.population_year,
    seen.stories_placed_news AS stories_news, seen.stories_placed_social AS stories_social,
    100000.0 * seen.stories_placed_news / resident.population AS news_per_100000
FROM ref_region AS region
JOIN out_region_week AS seen USING (region_code)
LEFT JOIN resident USING (region_code)
WHERE seen.week = coalesce(getvariable('week'), (SELECT max(week) FROM out_week WHERE complete))
ORDER BY region.region_code
