-- grain: source; the outlets and channels asked for, with the series they have written in
SELECT
    source.source_id, source.name, source.kind, source.owner_group, source.stratum, source.home_region,
    source.languages, coalesce(written.series, []) AS series
FROM raw_source AS source
LEFT JOIN (
    SELECT source_id, list_sort(list(DISTINCT CASE genre WHEN 'news' THEN 'news' ELSE 'social' END)) AS series
    FROM raw_current_article GROUP BY source_id
) AS written USING (source_id)
