-- a figure of a cell under five stories or three owner groups is shown
SELECT 'group' AS what, concat_ws(' ', group_id, region_code, series, week) AS cell FROM out_group_week
WHERE suppressed <> (stories IS NULL)
    OR stories < 5 OR owner_groups < 3 OR hostile_stories BETWEEN 1 AND 4
UNION ALL
SELECT 'publishable', concat_ws(' ', indicator, series, region_code, week) FROM out_indicator_week
WHERE publishable AND (status <> 'ok' OR stories < 5 OR owner_groups < 3)
UNION ALL
SELECT 'target', alert_id FROM out_alert
WHERE top_group IS NOT NULL AND (indicator <> 'hostility' OR top_group_stories < 5 OR target_owner_groups < 3)
