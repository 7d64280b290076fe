-- grain: alert x headline, three at most
-- title: Headlines behind the signals of a week
-- question: Which news stories stand behind the signals of the week?
-- mind: The largest stories first, three at most; for a signal of the social series the news of the same region, week
--   and indicator, maybe none. Posts and comments are never shown. Headlines belong to the outlets: quote them with a link.
-- columns: alert_id, level, status, rank, outlet, title, url, published_at
SELECT
    alert.alert_id, alert.level, alert.status, evidence.rank, evidence.outlet, evidence.title, evidence.url,
    evidence.published_at
FROM out_alert AS alert
LEFT JOIN out_alert_evidence AS evidence USING (alert_id)
WHERE alert.week = coalesce(getvariable('week'), (SELECT max(week) FROM out_week WHERE complete))
ORDER BY alert.alert_id, evidence.rank
