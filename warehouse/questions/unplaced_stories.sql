-- grain: series x week
-- title: Stories without a region
-- question: What share of the stories could not be given a region?
-- mind: Unplaced stories enter no regional figure. A share that changes from week to week shifts all counts.
-- columns: series, week, stories, unplaced, unplaced_percent
SELECT
    unplaced.series, unplaced.week,
    CASE unplaced.series WHEN 'news' THEN week.stories_news ELSE week.stories_social END AS stories,
    unplaced.stories AS unplaced,
    100.0 * unplaced.stories
        / nullif(CASE unplaced.series WHEN 'news' THEN week.stories_news ELSE week.stories_social END, 0)
        AS unplaced_percent
FROM out_unplaced_week AS unplaced
JOIN out_week AS week USING (week)
ORDER BY unplaced.series, unplaced.week
