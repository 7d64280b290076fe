-- grain: story x series of the asked week that can be counted, with the text a person would read
SELECT
    frame.series, frame.flagged, frame.lead_article_id AS article_id,
    CASE article.genre WHEN 'news' THEN article.url END AS link, -- no link to a person's post leaves the warehouse
    coalesce(article.title, article.context) AS headline,
    article.text
FROM step_audit_frame AS frame
JOIN raw_current_article AS article ON article.article_id = frame.lead_article_id
WHERE frame.week = $week
ORDER BY article_id, series
