-- figures of residents do not fit: groups to their region, regions to the country, districts to their region
WITH region AS (
    SELECT region_code, year, sum(population) AS population FROM ref_region_group GROUP BY ALL
), country AS (
    SELECT group_name, year, sum(population) AS population FROM ref_region_group GROUP BY ALL
    UNION ALL
    SELECT 'Total', year, sum(population) FROM ref_region_group GROUP BY ALL
)
SELECT 'groups of a region' AS what, region.region_code AS key, region.year, region.population AS figure, counted.population AS published
FROM region JOIN ref_region_population AS counted USING (region_code, year)
WHERE region.population <> counted.population
UNION ALL
SELECT 'regions of the country', national.group_name, country.year, country.population, national.population
FROM ref_national_group AS national
JOIN country ON country.group_name = national.group_name AND make_date(country.year, 1, 1) = national.day
-- of other years only figures "in thousands" are known for some groups
WHERE national.population <> country.population AND national.basis NOT LIKE '%rounded%'
UNION ALL
SELECT 'regions missing', '', year, count(DISTINCT region_code), (SELECT count(*) FROM ref_region)
FROM ref_region_group GROUP BY year HAVING count(DISTINCT region_code) NOT IN (
    (SELECT count(*) FROM ref_region), (SELECT count(*) FROM ref_region_version
        WHERE coalesce(valid_from <= make_date(year, 1, 1), true) AND coalesce(valid_to >= make_date(year, 1, 1), true))
)
UNION ALL
SELECT 'districts of a region', district.region_code, district.year, district.population, region.population
FROM (SELECT region_code, year, sum(population) AS population FROM ref_district_group GROUP BY ALL) AS district
JOIN region USING (region_code, year)
WHERE district.population <> region.population
