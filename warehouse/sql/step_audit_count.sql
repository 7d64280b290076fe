-- grain: indicator x series x week with audited weeks among its last 26; the window's strata and the week's own stories
-- 26 weeks: with 100 stories a week the floor is met at once and errors that drift are forgotten within half a year.
WITH summed AS (
    SELECT
        sample.indicator, sample.series, now.week, sample.stratum,
        sum(sample.stories) AS stories, sum(sample.judged) AS judged, sum(sample.judged_true) AS judged_true,
        -- Kish: of judged stories with unequal weights, as many as would tell the same with equal ones
        coalesce(
            sum(sample.weight ORDER BY sample.week) ** 2 / nullif(sum(sample.weight_squared ORDER BY sample.week), 0), 0
        ) AS audited,
        coalesce(
            sum(sample.weight_true ORDER BY sample.week) / nullif(sum(sample.weight ORDER BY sample.week), 0), 0
        ) AS share_true
    FROM step_week AS now
    JOIN step_week AS earlier
        ON earlier.week_number <= now.week_number AND earlier.week_number > now.week_number - 26
    JOIN step_audit_sample AS sample ON sample.week = earlier.week
    GROUP BY ALL
), placed AS (
    SELECT series, week, count(*) AS stories FROM step_audit_frame GROUP BY ALL
), counted AS (
    SELECT indicator, series, week, count(*) AS stories FROM step_counted GROUP BY ALL
)
SELECT
    summed.indicator, summed.series, summed.week,
    CAST(sum(judged) AS BIGINT) AS audit_size,
    CAST(coalesce(sum(judged) FILTER (stratum = 'counted'), 0) AS BIGINT) AS audit_counted,
    CAST(sum(judged_true) AS BIGINT) AS audit_true,
    CAST(coalesce(sum(summed.stories) FILTER (stratum = 'counted'), 0) AS BIGINT) AS counted_stories,
    CAST(coalesce(sum(summed.stories) FILTER (stratum = 'flagged'), 0) AS BIGINT) AS flagged_stories,
    CAST(coalesce(sum(summed.stories) FILTER (stratum = 'rest'), 0) AS BIGINT) AS rest_stories,
    coalesce(sum(audited) FILTER (stratum = 'counted'), 0) AS counted_audited,
    coalesce(sum(audited) FILTER (stratum = 'flagged'), 0) AS flagged_audited,
    coalesce(sum(audited) FILTER (stratum = 'rest'), 0) AS rest_audited,
    coalesce(sum(audited * share_true) FILTER (stratum = 'counted'), 0) AS counted_true,
    coalesce(sum(audited * share_true) FILTER (stratum = 'flagged'), 0) AS flagged_true,
    coalesce(sum(audited * share_true) FILTER (stratum = 'rest'), 0) AS rest_true,
    coalesce(any_value(counted.stories), 0) AS week_counted,
    coalesce(any_value(placed.stories), 0) AS week_placed
FROM summed
LEFT JOIN placed ON placed.series = summed.series AND placed.week = summed.week
LEFT JOIN counted
    ON counted.indicator = summed.indicator AND counted.series = summed.series AND counted.week = summed.week
GROUP BY summed.indicator, summed.series, summed.week
