-- grain: article; mediation, cooperation, or hostile words rejected, in Kazakhstan
SELECT article_id, false AS framed, false AS denied
FROM core_article
WHERE rel = 'domestic' AND (
    voice = 'counter'
    OR article_id IN (SELECT article_id FROM core_article_act WHERE act IN ('mediation', 'cooperation'))
)
