-- grain: set of borders x indicator x series x unit x week, complete; counts only, no test
WITH story_count AS (
    SELECT
        border.borders, counted.indicator, counted.series, border.unit_code, counted.week,
        count(*) AS stories, CAST(sum(counted.articles) AS BIGINT) AS articles
    FROM step_counted AS counted JOIN ref_border_region AS border USING (region_code)
    GROUP BY ALL
), voice AS (
    SELECT
        border.borders, counted.indicator, counted.series, border.unit_code, counted.week,
        count(DISTINCT article.source_id) AS outlets, count(DISTINCT source.owner_group) AS owner_groups
    FROM step_counted AS counted
    JOIN ref_border_region AS border USING (region_code)
    JOIN core_article AS article ON article.story_id = counted.story_id AND article.series = counted.series
    JOIN core_source AS source USING (source_id)
    GROUP BY ALL
), seen AS (
    SELECT
        border.borders, exposure.series, border.unit_code, exposure.week, exposure.first_day,
        CAST(sum(exposure.exposure) AS BIGINT) AS exposure, max(border.same_since) AS same_since
    FROM step_exposure AS exposure JOIN ref_border_region AS border USING (region_code)
    GROUP BY ALL
), resident AS ( -- the latest count known at the week
    SELECT seen.borders, seen.unit_code, seen.week, max_by(population.population, population.year) AS population,
        max(population.year) AS population_year
    FROM (SELECT DISTINCT borders, unit_code, week, first_day FROM seen) AS seen
    JOIN ref_border_population AS population
        ON population.borders = seen.borders AND population.unit_code = seen.unit_code
        AND population.year <= year(seen.first_day)
    GROUP BY ALL
)
SELECT
    seen.borders, indicator.indicator, seen.series, seen.unit_code, seen.week,
    coalesce(story_count.articles, 0) AS articles,
    coalesce(story_count.stories, 0) AS stories,
    coalesce(voice.outlets, 0) AS outlets,
    coalesce(voice.owner_groups, 0) AS owner_groups,
    seen.exposure,
    CASE WHEN seen.exposure > 0 THEN 1000.0 * coalesce(story_count.stories, 0) / seen.exposure END AS rate_per_1000,
    resident.population, resident.population_year,
    100000.0 * coalesce(story_count.stories, 0) / resident.population AS stories_per_100000,
    seen.same_since IS NULL OR seen.first_day >= seen.same_since AS comparable -- texts carry the code of their day
FROM ref_indicator AS indicator
CROSS JOIN seen
LEFT JOIN story_count USING (borders, indicator, series, unit_code, week)
LEFT JOIN voice USING (borders, indicator, series, unit_code, week)
LEFT JOIN resident USING (borders, unit_code, week)
