-- Grain: one row a source.
SELECT source_id, name, kind, owner_group, stratum, home_region, CAST(languages AS VARCHAR) AS languages, series
FROM core_source
ORDER BY name, source_id
