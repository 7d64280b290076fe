-- Grain: one row a headline beside an alert of the asked week. A text of severity 4 is shown to nobody before a
-- person has looked at it (CODEBOOK, "What comes of it"): `withheld` marks it, and its title is left out.
SELECT
    e.alert_id, e.rank, e.article_id, e.outlet,
    CASE WHEN coalesce(c.max_severity, 0) < 4 THEN e.title END AS title,
    CASE WHEN coalesce(c.max_severity, 0) < 4 THEN e.url END AS url,
    strftime(e.published_at AT TIME ZONE 'Asia/Almaty', '%Y-%m-%d') AS day,
    coalesce(c.max_severity, 0) >= 4 AS withheld
FROM out_alert_evidence AS e
JOIN out_alert AS a USING (alert_id)
LEFT JOIN core_article AS c USING (article_id)
WHERE a.week = $week AND a.level = 'alert'
ORDER BY e.alert_id, e.rank
