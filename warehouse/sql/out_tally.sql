-- grain: stage x source x outcome word
SELECT stage, source_id, word, count(*) AS items FROM raw_current_outcome GROUP BY ALL
