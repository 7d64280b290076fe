-- grain: ISO week, numbered as in the build
SELECT week, first_day, row_number() OVER (ORDER BY first_day) AS week_number FROM out_week
