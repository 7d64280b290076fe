-- Grain: one row a published signal that ended in the asked week (three weeks inside the expected range).
SELECT e.indicator, i.direction, i.title_kk, i.title_ru, i.title_en, e.series, e.region_code, r.name_kk, r.name_ru,
    r.name_en, e.last_alert_week
FROM out_ended AS e
JOIN ref_indicator AS i USING (indicator)
JOIN ref_region AS r USING (region_code)
WHERE e.week = $week AND EXISTS ( -- a watch was never told, so its end is not either
    FROM out_alert AS a
    WHERE a.indicator = e.indicator AND a.series = e.series AND a.region_code = e.region_code
        AND a.week <= e.last_alert_week AND a.level = 'alert' AND a.status <> 'held'
)
ORDER BY e.region_code, e.indicator, e.series
