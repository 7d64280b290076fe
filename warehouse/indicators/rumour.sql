-- grain: article; an unverified claim that could mobilise; `denied` where the text denies it (time unreal, codebook rule 33)
SELECT article_id, frame = 'framed' AS framed, time = 'unreal' AS denied
FROM core_article
WHERE rel = 'domestic' AND article_id IN (SELECT article_id FROM core_article_act WHERE act = 'rumour')
