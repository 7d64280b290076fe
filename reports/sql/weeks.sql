-- Grain: one row a week of the data, oldest first.
SELECT week, first_day, last_day, complete, stories_news, stories_social, articles, healthy_sources, sources
FROM out_week
ORDER BY first_day
