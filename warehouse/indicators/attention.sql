-- grain: article; relations between peoples, or towards one, in Kazakhstan; feasts included
SELECT article_id, frame = 'framed' AS framed, frame = 'denied' AS denied
FROM core_article
WHERE rel = 'domestic'
