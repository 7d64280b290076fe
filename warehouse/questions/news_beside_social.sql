-- grain: indicator x region x week with a counted story
-- title: News beside posts and comments
-- question: Do news and social media tell the same about a region in the week?
-- mind: The two are never summed: one is written by editors, the other by anybody. A null rate: no story was placed there.
-- columns: indicator, region_code, week, stories_news, rate_per_1000_news, stories_social, rate_per_1000_social
SELECT
    indicator, region_code, week,
    max(stories) FILTER (series = 'news') AS stories_news,
    max(rate_per_1000) FILTER (series = 'news') AS rate_per_1000_news,
    max(stories) FILTER (series = 'social') AS stories_social,
    max(rate_per_1000) FILTER (series = 'social') AS rate_per_1000_social
FROM out_indicator_week
WHERE indicator = coalesce(getvariable('indicator'), indicator)
    AND region_code = coalesce(getvariable('region'), region_code)
    AND week = coalesce(getvariable('week'), week)
GROUP BY indicator, region_code, week
HAVING max(stories) > 0
ORDER BY indicator, region_code, week
