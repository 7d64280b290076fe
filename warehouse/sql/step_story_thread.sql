-- grain: story x series of comments; region of the articles they stand under, by most comments
SELECT
    child.story_id, child.series,
    coalesce(
        parent_place.event_region, parent_place.dateline_region, parent_place.headline_region, parent_place.home_region
    ) AS thread_region
FROM core_article AS child
JOIN raw_current_article AS comment USING (article_id)
JOIN core_article AS parent ON parent.article_id = comment.parent_id
JOIN step_story_place AS parent_place ON parent_place.story_id = parent.story_id AND parent_place.series = parent.series
WHERE thread_region IS NOT NULL
GROUP BY child.story_id, child.series, thread_region
QUALIFY row_number() OVER (PARTITION BY child.story_id, child.series ORDER BY count(*) DESC, thread_region) = 1
