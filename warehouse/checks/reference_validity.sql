-- spans in which a region's borders or name hold overlap, run backwards, or are not those of today's regions
SELECT 'overlap' AS what, one.region_code, one.valid_from, one.valid_to
FROM (SELECT *, row_number() OVER (ORDER BY region_code, valid_from NULLS FIRST, valid_to NULLS LAST) AS line FROM ref_region_version) AS one
JOIN (SELECT *, row_number() OVER (ORDER BY region_code, valid_from NULLS FIRST, valid_to NULLS LAST) AS line FROM ref_region_version) AS other
    ON one.region_code = other.region_code AND one.line < other.line
    AND coalesce(one.valid_from <= other.valid_to, true) AND coalesce(other.valid_from <= one.valid_to, true)
UNION ALL
SELECT 'backwards', region_code, valid_from, valid_to FROM ref_region_version WHERE valid_to < valid_from
UNION ALL
SELECT 'not exactly one span open', region.region_code, NULL, NULL
FROM ref_region AS region LEFT JOIN ref_region_version AS version USING (region_code)
GROUP BY region.region_code HAVING count(*) FILTER (version.region_code IS NOT NULL AND version.valid_to IS NULL) <> 1
