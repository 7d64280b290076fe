-- grain: indicator x series x region x week, every one of them: silence is a row
WITH story_count AS (
    SELECT
        indicator, series, region_code, week, count(*) AS stories, CAST(sum(articles) AS BIGINT) AS articles
    FROM step_counted GROUP BY ALL
), voice AS (
    SELECT
        counted.indicator, counted.series, counted.region_code, counted.week,
        count(DISTINCT article.source_id) AS outlets, count(DISTINCT source.owner_group) AS owner_groups
    FROM step_counted AS counted
    JOIN core_article AS article ON article.story_id = counted.story_id AND article.series = counted.series
    JOIN core_source AS source USING (source_id)
    GROUP BY ALL
)
SELECT
    indicator.indicator, exposure.series, exposure.region_code, exposure.week, exposure.first_day,
    coalesce(story_count.articles, 0) AS articles,
    coalesce(story_count.stories, 0) AS stories,
    coalesce(cap.weighed_stories, 0) AS weighed_stories,
    coalesce(voice.outlets, 0) AS outlets,
    coalesce(voice.owner_groups, 0) AS owner_groups,
    exposure.exposure, exposure.panel_sources, indicator.highest_level
FROM ref_indicator AS indicator
CROSS JOIN step_exposure AS exposure
LEFT JOIN story_count USING (indicator, series, region_code, week)
LEFT JOIN step_owner_cap AS cap USING (indicator, series, region_code, week)
LEFT JOIN voice USING (indicator, series, region_code, week)
