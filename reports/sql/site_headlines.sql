-- Grain: one row a story, indicator and region: the top headline of a news story in a publishable cell.
-- Titles of severity 4 are left out until a person has looked at them.
SELECT DISTINCT
    s.region_code, s.week, si.indicator, CAST(s.day AS VARCHAR) AS day, c.name AS outlet, a.title, a.url, s.outlets,
    s.story_id
FROM core_story AS s
JOIN core_story_indicator AS si USING (story_id, series)
JOIN out_indicator_week AS w
    ON w.indicator = si.indicator AND w.series = s.series AND w.region_code = s.region_code AND w.week = s.week
JOIN ref_indicator AS i ON i.indicator = si.indicator
JOIN core_article AS a ON a.article_id = si.top_article_id
JOIN core_source AS c USING (source_id)
WHERE s.series = 'news' AND w.publishable AND i.direction <> 'context' AND a.title IS NOT NULL
    AND coalesce(a.max_severity, 0) < 4
ORDER BY s.region_code, s.week DESC, day DESC, s.story_id, si.indicator
