-- grain: article; wording of severity 2 or more, or 1 with a negative attitude, not rejected by the text, in Kazakhstan
SELECT article_id, frame = 'framed' AS framed, frame = 'denied' AS denied
FROM core_article
WHERE rel = 'domestic' AND hostile
