-- grain: article x act
SELECT DISTINCT article_id, unnest(acts) AS act FROM raw_current_reading
