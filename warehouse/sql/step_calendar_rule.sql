-- grain: feast; its rule and the days it is wanted for: the years of the data and a month ahead
SELECT calendar.*, CAST(date_trunc('year', bounds.first_day) AS DATE) AS first_day, bounds.last_day + 31 AS last_day
FROM ref_calendar AS calendar
CROSS JOIN (SELECT min(first_day) AS first_day, max(last_day) AS last_day FROM step_week) AS bounds
