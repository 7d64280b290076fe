-- grain: article x group; attitude of the text to the group and hostile wording about it
SELECT article_id, spoken.g AS group_id, min(spoken.st) AS stance, max(spoken.sev) AS severity
FROM (SELECT article_id, unnest(groups) AS spoken FROM raw_current_reading)
GROUP BY article_id, group_id
