-- grain: article; a complaint, accusation or demand by or against a people in Kazakhstan
SELECT article_id, frame = 'framed' AS framed, frame = 'denied' AS denied
FROM core_article
WHERE rel = 'domestic' AND article_id IN (SELECT article_id FROM core_article_act WHERE act = 'grievance')
