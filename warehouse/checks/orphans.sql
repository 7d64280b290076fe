-- a row points to something that is not there
SELECT 'article without source' AS what, article.source_id AS key FROM raw_current_article AS article
LEFT JOIN core_source AS source USING (source_id) WHERE source.source_id IS NULL
UNION ALL
SELECT 'article without story', article_id FROM core_article WHERE story_id IS NULL
UNION ALL
SELECT 'region of a place', place.region_code FROM core_article_place AS place
LEFT JOIN ref_region AS region USING (region_code) WHERE place.region_code IS NOT NULL AND region.region_code IS NULL
UNION ALL
SELECT 'home region of a source', source.home_region FROM core_source AS source
LEFT JOIN ref_region AS region ON region.region_code = source.home_region
WHERE source.home_region IS NOT NULL AND region.region_code IS NULL
UNION ALL
SELECT 'indicator without a row in reference/indicator.csv', said.indicator FROM step_article_indicator AS said
LEFT JOIN ref_indicator AS indicator USING (indicator) WHERE indicator.indicator IS NULL
UNION ALL
SELECT 'composition of an unknown region', composition.region_code FROM ref_region_group AS composition
LEFT JOIN ref_region AS region USING (region_code) WHERE region.region_code IS NULL
