-- Grain: one row a publishable cohesion cell of the asked week that carries no alert.
SELECT w.indicator, w.series, w.region_code, r.name_kk, r.name_ru, r.name_en, w.stories, w.outlets, w.owner_groups,
    w.expected, w.expected_lo, w.expected_hi
FROM out_indicator_week AS w
JOIN ref_indicator AS i USING (indicator)
JOIN ref_region AS r USING (region_code)
ANTI JOIN out_alert AS a
    ON a.indicator = w.indicator AND a.series = w.series AND a.region_code = w.region_code
    AND a.week = w.week AND a.level = 'alert'
WHERE w.week = $week AND i.direction = 'cohesion' AND w.publishable
ORDER BY w.region_code, w.series
