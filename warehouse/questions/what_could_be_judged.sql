-- grain: indicator x series x status in one week
-- title: What could be judged
-- question: In how many regions could each indicator be judged in the week, and why not in the others?
-- mind: Only `ok` can mean calm. `no_baseline`: fewer than 8 earlier weeks; `insufficient`: no story of the region was
--   seen; `held`: usual sources fell silent.
-- columns: indicator, series, status, regions
SELECT indicator, series, status, count(*) AS regions
FROM out_indicator_week
WHERE week = coalesce(getvariable('week'), (SELECT max(week) FROM out_week WHERE complete))
GROUP BY ALL
ORDER BY indicator, series, status
