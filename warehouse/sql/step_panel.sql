-- grain: source x week in which its texts count
-- A source that starts later shifts counts without any change of the truth; so it counts only from its ninth week on,
-- when it has a baseline. Weeks 1-8 of the data are never judged: who starts in them belongs to the panel at once.
WITH start AS (
    SELECT source_id, min(week_number) AS first_number
    FROM core_article JOIN step_week USING (week) GROUP BY source_id
)
SELECT source_id, week
FROM start, step_week
WHERE first_number <= 8 OR week_number >= first_number + 8
