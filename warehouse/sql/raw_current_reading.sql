-- grain: article; the reading of the same window as the article, else of the latest window
SELECT reading.* EXCLUDE (path)
FROM raw_reading AS reading
JOIN raw_listed_file AS file USING (path)
JOIN raw_current_article AS article USING (article_id)
QUALIFY row_number() OVER (
    PARTITION BY article_id
    ORDER BY
        file.source_id = article.source_id AND file.first_day = article.window_first
            AND file.last_day = article.window_last DESC,
        file.last_day DESC, file.first_day DESC, file.source_id, md5(CAST(reading AS VARCHAR))
) = 1
