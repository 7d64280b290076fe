-- grain: indicator x series x audited week x stratum; the judged stories' sums, and the stories there are
-- Strata are today's: counted to the indicator, flagged for another one only, the rest.
WITH sample AS (
    SELECT
        indicator, series, week,
        CASE WHEN counted THEN 'counted' WHEN flagged THEN 'flagged' ELSE 'rest' END AS stratum,
        count(*) AS judged, count(*) FILTER (judged) AS judged_true,
        sum(weight ORDER BY article_id) AS weight, -- in order: a sum of fractions depends on it in its last digit
        sum(weight * weight ORDER BY article_id) AS weight_squared,
        sum(weight ORDER BY article_id) FILTER (judged) AS weight_true
    FROM core_audit GROUP BY ALL
), audited AS (
    SELECT DISTINCT indicator, series, week FROM sample
), population AS (
    SELECT
        audited.indicator, audited.series, audited.week,
        CASE WHEN counted.story_id IS NOT NULL THEN 'counted' WHEN frame.flagged THEN 'flagged' ELSE 'rest' END AS stratum,
        count(*) AS stories
    FROM audited
    JOIN step_audit_frame AS frame ON frame.series = audited.series AND frame.week = audited.week
    LEFT JOIN core_story_indicator AS counted
        ON counted.story_id = frame.story_id AND counted.series = frame.series AND counted.indicator = audited.indicator
    GROUP BY ALL
)
SELECT
    indicator, series, week, stratum, coalesce(population.stories, 0) AS stories,
    coalesce(sample.judged, 0) AS judged, coalesce(sample.judged_true, 0) AS judged_true,
    coalesce(sample.weight, 0) AS weight, coalesce(sample.weight_squared, 0) AS weight_squared,
    coalesce(sample.weight_true, 0) AS weight_true
FROM population FULL JOIN sample USING (indicator, series, week, stratum)
