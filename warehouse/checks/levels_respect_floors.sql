-- a level stands where stories, owner groups, status or the indicator's highest level forbid it
SELECT cell.indicator, cell.series, cell.region_code, cell.week, cell.level, cell.status, cell.stories, cell.owner_groups
FROM out_indicator_week AS cell
JOIN ref_indicator AS indicator USING (indicator)
WHERE (cell.level <> '' AND (cell.status <> 'ok' OR cell.stories < 3 OR cell.owner_groups < 2))
    OR (cell.level = 'alert' AND (cell.stories < 5 OR cell.owner_groups < 3 OR indicator.highest_level = 'watch'))
