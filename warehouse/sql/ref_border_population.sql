-- grain: set of borders x unit x year in which the figures of its parts cover exactly the unit
WITH split AS (
    SELECT region_code AS child, split_from AS parent FROM ref_region_version WHERE split_from IS NOT NULL
), uncounted AS ( -- the split lies between two units and the child has no figure yet: its parent's still holds it
    SELECT child_border.borders, child_border.unit_code, parent_border.unit_code AS parent_unit, year.year
    FROM split
    JOIN ref_border_region AS child_border ON child_border.region_code = split.child
    JOIN ref_border_region AS parent_border
        ON parent_border.region_code = split.parent AND parent_border.borders = child_border.borders
    CROSS JOIN (SELECT DISTINCT year FROM ref_region_population) AS year
    ANTI JOIN ref_region_population AS counted ON counted.region_code = split.child AND counted.year = year.year
    WHERE child_border.unit_code <> parent_border.unit_code
)
SELECT
    border.borders, border.unit_code, population.year, CAST(sum(population.population) AS BIGINT) AS population,
    string_agg(DISTINCT population.source, ' | ' ORDER BY population.source) AS source
FROM ref_border_region AS border
JOIN ref_region_population AS population USING (region_code)
ANTI JOIN uncounted
    ON uncounted.borders = border.borders AND uncounted.parent_unit = border.unit_code AND uncounted.year = population.year
GROUP BY ALL
