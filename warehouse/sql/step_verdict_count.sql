-- grain: indicator (or all) x week with a verdict among its last 26 weeks; alerts judged, and those that told the truth
-- `known` tells the truth too, late; a watch is no alert.
WITH verdict AS (
    SELECT indicator, week, verdict IN ('true', 'known') AS upheld
    FROM core_triage
    WHERE latest AND level = 'alert' AND verdict IS NOT NULL
), labelled AS (
    SELECT indicator, week, upheld FROM verdict
    UNION ALL
    SELECT 'all', week, upheld FROM verdict
)
SELECT labelled.indicator, now.week, count(*) AS judged, count(*) FILTER (labelled.upheld) AS upheld
FROM step_week AS now
JOIN step_week AS earlier ON earlier.week_number <= now.week_number AND earlier.week_number > now.week_number - 26
JOIN labelled ON labelled.week = earlier.week
GROUP BY ALL
