-- a reference table has two rows for one of its grain
SELECT 'ref_region_group' AS "table", concat_ws(' ', region_code, group_name, year) AS grain, count(*) AS rows
FROM ref_region_group GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'ref_district_group', concat_ws(' ', kato, group_name, year), count(*)
FROM ref_district_group GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'ref_national_group', concat_ws(' ', day, group_name, basis), count(*)
FROM ref_national_group GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'ref_region_population', concat_ws(' ', region_code, year), count(*)
FROM ref_region_population GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'ref_region', region_code, count(*) FROM ref_region GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'ref_group', group_name, count(*) FROM ref_group GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'ref_group', group_id, count(*) FROM ref_group WHERE group_id IS NOT NULL GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'ref_district', kato, count(*) FROM ref_district GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'ref_settlement', kato, count(*) FROM ref_settlement GROUP BY ALL HAVING count(*) > 1
UNION ALL SELECT 'ref_incident', incident_id, count(*) FROM ref_incident GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'ref_border_region', concat_ws(' ', borders, region_code), count(*)
FROM ref_border_region GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'ref_border_population', concat_ws(' ', borders, unit_code, year), count(*)
FROM ref_border_population GROUP BY ALL HAVING count(*) > 1
UNION ALL
SELECT 'out_border_week', concat_ws(' ', borders, indicator, series, unit_code, week), count(*)
FROM out_border_week GROUP BY ALL HAVING count(*) > 1
