-- grain: region x week; how much of the region was seen
WITH seen AS (
    SELECT
        region_code, week,
        count(*) FILTER (series = 'news') AS news, count(*) FILTER (series = 'social') AS social
    FROM core_story WHERE region_code IS NOT NULL GROUP BY ALL
), bringing AS (
    SELECT story.region_code, story.week, count(DISTINCT article.source_id) AS sources
    FROM core_story AS story
    JOIN core_article AS article ON article.story_id = story.story_id AND article.series = story.series
    WHERE story.region_code IS NOT NULL
    GROUP BY ALL
), coverage AS (
    SELECT
        region_code, week, sum(usual_stories) AS usual, sum(missing_stories) AS missing
    FROM step_region_coverage GROUP BY ALL
), ailing AS (
    SELECT
        source.home_region AS region_code, health.week, count(*) AS unhealthy_sources,
        string_agg(source.name, ', ' ORDER BY source.name) AS unhealthy_names
    FROM out_source_week AS health JOIN core_source AS source USING (source_id)
    WHERE health.status IN ('silent', 'thin') AND source.home_region IS NOT NULL
    GROUP BY ALL
)
SELECT
    region.region_code, week.week,
    coalesce(seen.news, 0) AS stories_placed_news,
    coalesce(seen.social, 0) AS stories_placed_social,
    coalesce(bringing.sources, 0) AS sources,
    coalesce(ailing.unhealthy_sources, 0) AS unhealthy_sources,
    CASE
        WHEN coalesce(coverage.missing >= coverage.usual / 3.0 AND coverage.missing > 0, false) THEN 'held'
        WHEN coalesce(seen.news, 0) + coalesce(seen.social, 0) < 5 THEN 'insufficient' -- nothing could be published
        ELSE 'ok'
    END AS status,
    coalesce(ailing.unhealthy_names, '') AS unhealthy_names
FROM ref_region AS region
CROSS JOIN step_week AS week
LEFT JOIN seen USING (region_code, week)
LEFT JOIN bringing USING (region_code, week)
LEFT JOIN coverage USING (region_code, week)
LEFT JOIN ailing USING (region_code, week)
