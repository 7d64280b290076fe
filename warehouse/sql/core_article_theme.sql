-- grain: article x theme
SELECT DISTINCT article_id, unnest(themes) AS theme FROM raw_current_reading
