-- grain: alert x rank; up to three news headlines of the same indicator, region and week, largest stories first
SELECT
    alert.alert_id,
    row_number() OVER ranking AS rank,
    article.article_id, source.name AS outlet, article.title, article.url, article.published_at
FROM out_alert AS alert
JOIN step_counted AS counted
    ON counted.indicator = alert.indicator AND counted.region_code = alert.region_code AND counted.week = alert.week
    AND counted.series = 'news'
JOIN core_article AS article ON article.article_id = counted.top_article_id
JOIN core_source AS source USING (source_id)
WHERE article.title IS NOT NULL
WINDOW ranking AS (
    PARTITION BY alert.alert_id ORDER BY counted.articles DESC, article.published_at, article.article_id
)
QUALIFY rank <= 3
