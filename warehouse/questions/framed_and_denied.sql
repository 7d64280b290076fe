-- grain: region x series x week with a story of incidents or rumour
-- title: Told as ethnic, denied
-- question: How many stories tell an incident as ethnic, and how many deny it or deny a rumour?
-- mind: A story may do both. A denial is shown, never judged: nobody here says what truly happened.
-- columns: indicator, region_code, series, week, stories, framed_stories, denied_stories
SELECT
    said.indicator, story.region_code, story.series, story.week, count(*) AS stories,
    count(*) FILTER (said.framed) AS framed_stories, count(*) FILTER (said.denied) AS denied_stories
FROM core_story_indicator AS said
JOIN core_story AS story ON story.story_id = said.story_id AND story.series = said.series
WHERE said.indicator IN ('incidents', 'rumour')
    AND story.in_panel AND story.week IS NOT NULL AND story.region_code IS NOT NULL
    AND story.week = coalesce(getvariable('week'), story.week)
GROUP BY said.indicator, story.region_code, story.series, story.week
ORDER BY story.week, said.indicator, story.region_code, story.series
