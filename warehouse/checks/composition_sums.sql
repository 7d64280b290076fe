-- the composition of the 20 regions does not add up to the published population of 1 January 2025, 20,283,399
SELECT 'total' AS what, sum(population) AS figure, 20283399 AS published FROM ref_region_group
HAVING sum(population) <> 20283399
UNION ALL
SELECT 'regions', count(DISTINCT region_code), 20 FROM ref_region_group HAVING count(DISTINCT region_code) <> 20
UNION ALL
SELECT national.group_name, sum(composition.population), any_value(national.population)
FROM ref_national_group AS national
JOIN ref_region_group AS composition USING (group_name)
WHERE national.day = DATE '2025-01-01' AND national.population IS NOT NULL
GROUP BY national.group_name
HAVING sum(composition.population) <> any_value(national.population)
