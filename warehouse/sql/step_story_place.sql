-- grain: story x series; region by its own words: most articles, then most mentions, then named first
WITH best AS (
    SELECT story_id, series, role, region_code
    FROM step_story_vote
    QUALIFY row_number() OVER (
        PARTITION BY story_id, series, role ORDER BY articles DESC, mentions DESC, first_offset, region_code
    ) = 1
), home AS (
    SELECT article.story_id, article.series, source.home_region AS region_code
    FROM core_article AS article JOIN core_source AS source USING (source_id)
    WHERE source.home_region IS NOT NULL
    GROUP BY article.story_id, article.series, source.home_region
    QUALIFY row_number() OVER (
        PARTITION BY article.story_id, article.series ORDER BY count(*) DESC, source.home_region
    ) = 1
)
SELECT
    story.story_id, story.series,
    event.region_code AS event_region, dateline.region_code AS dateline_region,
    headline.region_code AS headline_region, home.region_code AS home_region
FROM (SELECT DISTINCT story_id, series FROM core_article) AS story
LEFT JOIN best AS event ON event.story_id = story.story_id AND event.series = story.series AND event.role = 'event'
LEFT JOIN best AS dateline
    ON dateline.story_id = story.story_id AND dateline.series = story.series AND dateline.role = 'dateline'
LEFT JOIN best AS headline
    ON headline.story_id = story.story_id AND headline.series = story.series AND headline.role = 'headline'
LEFT JOIN home ON home.story_id = story.story_id AND home.series = story.series
