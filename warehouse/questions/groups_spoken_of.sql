-- grain: group x region x series x week
-- title: Peoples spoken of, and hostile wording about them
-- question: About which peoples was there hostile wording, where and when?
-- mind: Wording about a people, never anybody's origin and never a perpetrator. Small numbers are null, and so are
--   some others, so that no small one follows by subtraction. No ranking of peoples: ordered by name.
-- columns: group_id, region_code, series, week, hostile_stories, stories, owner_groups, suppressed
SELECT group_id, region_code, series, week, hostile_stories, stories, owner_groups, suppressed
FROM out_group_week
WHERE region_code = coalesce(getvariable('region'), region_code)
    AND week = coalesce(getvariable('week'), week)
ORDER BY group_id, region_code, series, week
