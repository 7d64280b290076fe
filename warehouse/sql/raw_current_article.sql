-- grain: article; of an article fetched in several windows, the copy of the latest window
SELECT article.* EXCLUDE (path), file.first_day AS window_first, file.last_day AS window_last
FROM raw_article AS article
JOIN raw_listed_file AS file USING (path)
QUALIFY row_number() OVER (
    PARTITION BY article.article_id
    ORDER BY file.last_day DESC, file.first_day DESC, article.source_id, article.url, md5(coalesce(article.text, ''))
) = 1
