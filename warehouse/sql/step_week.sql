-- grain: ISO week from the first to the last day any source was asked for
WITH bounds AS (
    SELECT min(first_day) AS first_asked, max(last_day) AS last_asked FROM raw_listed_file WHERE kind = 'articles'
), monday AS (
    SELECT CAST(unnest(generate_series(
        date_trunc('week', first_asked), date_trunc('week', last_asked), INTERVAL 7 DAY
    )) AS DATE) AS first_day
    FROM bounds
)
SELECT
    strftime(first_day, '%G-W%V') AS week,
    first_day,
    first_day + 6 AS last_day,
    first_day >= first_asked AND first_day + 6 <= last_asked AS complete,
    date_diff('day', greatest(first_day, first_asked), least(first_day + 6, last_asked)) + 1 AS days,
    row_number() OVER (ORDER BY first_day) AS week_number
FROM monday, bounds
