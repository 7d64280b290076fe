-- grain: series x week; fingerprint of the panel's sources
SELECT series.series, panel.week, left(sha256(string_agg(source.source_id, ' ' ORDER BY source.source_id)), 16) AS panel_hash
FROM step_panel AS panel
JOIN core_source AS source USING (source_id)
JOIN (VALUES ('news'), ('social')) AS series (series) ON list_contains(source.series, series.series)
GROUP BY ALL
