-- grain: source x week of the data; texts that were read
SELECT
    source.source_id, source.home_region, week.week, week.week_number, week.days, count(article.article_id) AS articles
FROM core_source AS source
CROSS JOIN step_week AS week
LEFT JOIN core_article AS article ON article.source_id = source.source_id AND article.week = week.week
GROUP BY ALL
