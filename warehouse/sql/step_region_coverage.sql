-- grain: series x region x week; share of the region's usual stories that unhealthy sources ought to have brought
WITH brought AS ( -- stories a source placed in a region in a healthy week
    SELECT story.series, story.region_code, story.week, article.source_id, count(DISTINCT story.story_id) AS stories
    FROM core_story AS story
    JOIN core_article AS article ON article.story_id = story.story_id AND article.series = story.series
    WHERE story.region_code IS NOT NULL
    GROUP BY ALL
), usual AS ( -- mean a week over the 26 weeks before, zeros included
    SELECT
        now.week, brought.series, brought.region_code, brought.source_id,
        sum(brought.stories) / any_value(least(26, now.week_number - 1)) AS stories
    FROM step_week AS now
    JOIN step_week AS earlier
        ON earlier.week_number < now.week_number AND earlier.week_number >= now.week_number - 26
    JOIN brought ON brought.week = earlier.week
    JOIN out_source_week AS then_ ON then_.source_id = brought.source_id AND then_.week = earlier.week
        AND then_.status IN ('healthy', 'new')
    GROUP BY ALL
), judged AS (
    SELECT
        usual.series, usual.region_code, usual.week,
        sum(usual.stories) AS usual_stories,
        coalesce(sum(usual.stories) FILTER (health.status IN ('silent', 'thin')), 0) AS missing_stories
    FROM usual
    JOIN out_source_week AS health ON health.source_id = usual.source_id AND health.week = usual.week
    GROUP BY ALL
)
SELECT
    exposure.series, exposure.region_code, exposure.week,
    coalesce(judged.usual_stories, 0) AS usual_stories,
    coalesce(judged.missing_stories, 0) AS missing_stories,
    -- a third: then a rise of half in what is left would be needed to see the usual number
    coalesce(judged.missing_stories >= judged.usual_stories / 3.0 AND judged.missing_stories > 0, false) AS held,
    coalesce(judged.missing_stories > 0, false) AS coverage_flag
FROM step_exposure AS exposure
LEFT JOIN judged USING (series, region_code, week)
