-- stories of a week are not the placed ones and the unplaced ones together
SELECT series.series, week.week, total, placed, unplaced
FROM out_week AS week
CROSS JOIN (VALUES ('news'), ('social')) AS series (series)
JOIN (SELECT series, week, stories AS unplaced FROM out_unplaced_week) USING (series, week)
JOIN LATERAL (
    SELECT CASE series.series WHEN 'news' THEN week.stories_news ELSE week.stories_social END AS total
) ON true
JOIN (
    SELECT week, sum(stories_placed_news) AS news, sum(stories_placed_social) AS social FROM out_region_week GROUP BY week
) AS region USING (week)
JOIN LATERAL (SELECT CASE series.series WHEN 'news' THEN region.news ELSE region.social END AS placed) ON true
WHERE total <> placed + unplaced
