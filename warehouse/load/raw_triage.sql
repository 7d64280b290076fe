-- grain: decision on an alert, in the order in which they were taken
SELECT
    replace(filename, getvariable('world') || '/', '') AS path,
    decision_no, alert_id, indicator, series, region_code, week, level, decided_on, role, decision, verdict
FROM read_json(
    getvariable('files'), format = 'newline_delimited', filename = true,
    columns = {
        decision_no: 'BIGINT', alert_id: 'VARCHAR', indicator: 'VARCHAR', series: 'VARCHAR', region_code: 'VARCHAR',
        week: 'VARCHAR', level: 'VARCHAR', decided_on: 'DATE', role: 'VARCHAR', decision: 'VARCHAR', verdict: 'VARCHAR'
    }
)
