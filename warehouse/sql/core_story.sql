-- grain: story x series; dated by its earliest copy there; region null: unplaced
WITH lead_copy AS (
    SELECT article.story_id, article.series, article.day, article.week, source.owner_group
    FROM core_article AS article JOIN core_source AS source USING (source_id)
    QUALIFY row_number() OVER (
        PARTITION BY article.story_id, article.series ORDER BY article.published_at NULLS LAST, article.article_id
    ) = 1
), size AS (
    SELECT
        article.story_id, article.series, count(*) AS articles, count(DISTINCT article.source_id) AS outlets,
        count(DISTINCT source.owner_group) AS owner_groups, bool_or(panel.source_id IS NOT NULL) AS in_panel
    FROM core_article AS article
    JOIN core_source AS source USING (source_id)
    LEFT JOIN step_panel AS panel ON panel.source_id = article.source_id AND panel.week = article.week
    GROUP BY ALL
)
SELECT
    place.story_id,
    place.series,
    lead_copy.day,
    lead_copy.week,
    coalesce(event_region, dateline_region, headline_region, thread_region, home_region) AS region_code,
    CASE
        WHEN event_region IS NOT NULL THEN 'event'
        WHEN dateline_region IS NOT NULL THEN 'dateline'
        WHEN headline_region IS NOT NULL THEN 'headline'
        WHEN thread_region IS NOT NULL THEN 'thread'
        WHEN home_region IS NOT NULL THEN 'home'
        ELSE 'none'
    END AS region_basis,
    size.articles,
    size.outlets,
    size.owner_groups,
    lead_copy.owner_group AS lead_owner_group,
    size.in_panel
FROM step_story_place AS place
JOIN lead_copy ON lead_copy.story_id = place.story_id AND lead_copy.series = place.series
JOIN size ON size.story_id = place.story_id AND size.series = place.series
LEFT JOIN step_story_thread AS thread ON thread.story_id = place.story_id AND thread.series = place.series
