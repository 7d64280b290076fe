-- grain: ISO week of the data
WITH story AS (
    SELECT week, count(*) FILTER (series = 'news') AS news, count(*) FILTER (series = 'social') AS social
    FROM core_story GROUP BY week
), article AS (
    SELECT week, count(*) AS articles FROM core_article GROUP BY week
), region AS (
    SELECT
        week, count(*) FILTER (status = 'ok') AS ok, count(*) FILTER (status = 'held') AS held,
        count(*) FILTER (status = 'insufficient') AS insufficient
    FROM out_region_week GROUP BY week
), source AS (
    SELECT week, count(*) FILTER (status = 'healthy') AS healthy, count(*) AS sources FROM out_source_week GROUP BY week
)
SELECT
    week.week, week.first_day, week.last_day, week.complete,
    coalesce(story.news, 0) AS stories_news, coalesce(story.social, 0) AS stories_social,
    coalesce(article.articles, 0) AS articles,
    region.ok AS regions_ok, region.held AS regions_held, region.insufficient AS regions_insufficient,
    source.healthy AS healthy_sources, source.sources AS sources
FROM step_week AS week
LEFT JOIN story USING (week)
LEFT JOIN article USING (week)
LEFT JOIN region USING (week)
LEFT JOIN source USING (week)
