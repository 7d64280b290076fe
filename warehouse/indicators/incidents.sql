-- grain: article; a current clash, threat or protest told as interethnic, or whose interethnic nature is denied
SELECT article_id, frame = 'framed' AS framed, frame = 'denied' AS denied
FROM core_article
WHERE rel = 'domestic' AND time = 'current' AND frame IN ('framed', 'denied')
    AND article_id IN (SELECT article_id FROM core_article_act WHERE act IN ('clash', 'threat', 'protest'))
