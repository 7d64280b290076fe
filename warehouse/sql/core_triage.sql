-- grain: decision on an alert; the latest one holds, the earlier ones stay
SELECT
    alert_id, decision_no, indicator, series, region_code, week, level, decided_on, role, decision, verdict,
    decision_no = max(decision_no) OVER (PARTITION BY alert_id) AS latest
FROM raw_triage
