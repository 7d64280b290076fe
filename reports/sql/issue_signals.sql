-- Grain: one row an alert of the asked week at level `alert` (watches stay with the analysts' desk).
-- New signals first, then by region code: regions are never ranked by height.
SELECT
    a.alert_id, a.indicator, i.direction, i.title_kk, i.title_ru, i.title_en, a.series,
    a.region_code, r.name_kk, r.name_ru, r.name_en, a.level, a.status,
    a.stories, a.outlets, a.owner_groups, a.exposure, w.rate_per_1000, w.rate_lo, w.rate_hi,
    a.expected, a.expected_lo, a.expected_hi, a.q,
    (SELECT 2 * count(*) FROM ref_indicator WHERE highest_level = 'alert') AS families, -- two series: news, social
    a.framed_stories, a.denied_stories, a.disputed,
    a.top_group, a.top_group_stories, coalesce(w.coverage_flag, false) AS coverage_flag, w.panel_sources,
    CASE w.audit WHEN 'corrected' THEN CAST(w.audit_size AS VARCHAR) ELSE w.audit END AS audit,
    a.rule, CAST(a.parameters AS VARCHAR) AS parameters, a.model_hash, a.lexicon_hash, a.panel_hash, a.snapshot_hash
FROM out_alert AS a
JOIN ref_indicator AS i USING (indicator)
JOIN ref_region AS r USING (region_code)
LEFT JOIN out_indicator_week AS w USING (indicator, series, region_code, week)
WHERE a.week = $week AND a.level = 'alert'
ORDER BY a.status <> 'raised', a.region_code, a.indicator, a.series
