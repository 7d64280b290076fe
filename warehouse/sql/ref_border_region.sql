-- grain: set of borders x region of today; the unit of that set the region lies in
WITH split AS (
    SELECT region_code, split_from, valid_from AS split_on FROM ref_region_version WHERE split_from IS NOT NULL
), border_set AS (
    SELECT 'today' AS borders, CAST(NULL AS DATE) AS before
    UNION ALL
    SELECT DISTINCT 'before ' || split_on, split_on FROM split
)
SELECT
    border_set.borders, region.region_code,
    CASE WHEN split.split_on >= border_set.before THEN split.split_from ELSE region.region_code END AS unit_code,
    CASE
        WHEN border_set.before IS NULL THEN (SELECT max(own.split_on) FROM split AS own
            WHERE region.region_code IN (own.region_code, own.split_from))
        ELSE (SELECT max(later.split_on) FROM split AS later
            WHERE later.split_on < border_set.before AND region.region_code IN (later.region_code, later.split_from))
    END AS same_since
FROM border_set
CROSS JOIN ref_region AS region
LEFT JOIN split USING (region_code)
