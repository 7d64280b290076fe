-- an audit label or a triage decision is none of those there are, or stands where none can
SELECT 'audit of an unknown indicator' AS what, concat_ws(' ', article_id, indicator) AS key
FROM core_audit ANTI JOIN ref_indicator USING (indicator)
UNION ALL
SELECT 'audit without a judgement or weight', concat_ws(' ', article_id, indicator) FROM core_audit
WHERE judged IS NULL OR coalesce(weight <= 0, true)
UNION ALL
SELECT 'audit twice', concat_ws(' ', article_id, indicator) FROM core_audit
GROUP BY article_id, indicator HAVING count(*) > 1
UNION ALL
SELECT 'decision twice', CAST(decision_no AS VARCHAR) FROM core_triage GROUP BY decision_no HAVING count(*) > 1
UNION ALL
SELECT 'decision', concat_ws(' ', alert_id, decision) FROM core_triage
WHERE coalesce(decision NOT IN ('approve', 'archive', 'delete', 'hold'), true)
UNION ALL
SELECT 'verdict', concat_ws(' ', alert_id, verdict) FROM core_triage
WHERE verdict NOT IN ('true', 'known', 'artefact', 'syndication', 'wrong_place', 'wrong_topic')
    OR (verdict IS NULL AND decision <> 'hold')
UNION ALL
SELECT 'role', concat_ws(' ', alert_id, role) FROM core_triage
WHERE coalesce(role NOT IN ('operator', 'analyst', 'editor'), true)
UNION ALL
SELECT 'precision', concat_ws(' ', indicator, week) FROM out_precision
WHERE coalesce(upheld > judged OR precision_lo > precision OR precision > precision_hi, true)
