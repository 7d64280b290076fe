-- a reference row names an unknown region or group, a count below zero, or no source
WITH stated AS (
    SELECT 'ref_region_group' AS "table", region_code, group_name, population, source FROM ref_region_group
    UNION ALL SELECT 'ref_district_group', region_code, group_name, population, source FROM ref_district_group
    UNION ALL
    SELECT 'ref_national_group', NULL, CASE WHEN group_name <> 'Total' THEN group_name END, population, source
    FROM ref_national_group
    UNION ALL SELECT 'ref_region_population', region_code, NULL, population, source FROM ref_region_population
    UNION ALL SELECT 'ref_region_religion', region_code, NULL, share_percent, source FROM ref_region_religion
    UNION ALL SELECT 'ref_region', region_code, NULL, NULL, source FROM ref_region
    UNION ALL SELECT 'ref_region_version', region_code, NULL, NULL, source FROM ref_region_version
    UNION ALL SELECT 'ref_region_version', split_from, NULL, NULL, source FROM ref_region_version
    UNION ALL SELECT 'ref_district', region_code, NULL, NULL, source FROM ref_district
    UNION ALL SELECT 'ref_settlement', region_code, NULL, NULL, source FROM ref_settlement
    UNION ALL SELECT 'ref_institution', region_code, NULL, NULL, source FROM ref_institution
    UNION ALL SELECT 'ref_incident', region_code, NULL, deaths, source FROM ref_incident
    UNION ALL SELECT 'ref_incident', region_code_then, NULL, injured, source FROM ref_incident
    UNION ALL SELECT 'ref_control_event', region_code, NULL, NULL, source FROM ref_control_event
    UNION ALL SELECT 'ref_calendar', NULL, NULL, NULL, source FROM ref_calendar
    UNION ALL SELECT 'ref_group', NULL, group_name, NULL, source FROM ref_group
)
SELECT stated.* FROM stated
LEFT JOIN ref_region AS region ON region.region_code = stated.region_code
LEFT JOIN ref_group AS people ON people.group_name = stated.group_name
WHERE (stated.region_code IS NOT NULL AND region.region_code IS NULL)
    OR (stated.group_name IS NOT NULL AND people.group_name IS NULL)
    OR stated.population < 0 OR stated.source IS NULL
