-- a code is none of the codebook's: an unknown category is a mistake in the program, never a default
SELECT 'genre' AS head, genre AS code, count(*) AS rows FROM raw_current_article
WHERE coalesce(genre, '') NOT IN ('news', 'post', 'comment') GROUP BY ALL
UNION ALL
SELECT 'language', language, count(*) FROM core_article
WHERE coalesce(language, '') NOT IN ('kk', 'ru', 'en', 'mix', 'other', 'und') GROUP BY ALL
UNION ALL
SELECT 'rel', rel, count(*) FROM core_article
WHERE coalesce(rel, '') NOT IN ('none', 'mention', 'domestic', 'abroad') GROUP BY ALL
UNION ALL
SELECT 'voice', voice, count(*) FROM core_article
WHERE coalesce(voice, '') NOT IN ('report', 'opinion', 'quote', 'counter', 'official') GROUP BY ALL
UNION ALL
SELECT 'time', time, count(*) FROM core_article
WHERE coalesce(time, '') NOT IN ('current', 'past', 'future', 'unreal') GROUP BY ALL
UNION ALL
SELECT 'frame', frame, count(*) FROM core_article WHERE coalesce(frame, '') NOT IN ('none', 'framed', 'denied') GROUP BY ALL
UNION ALL
SELECT 'act', act, count(*) FROM core_article_act
WHERE act NOT IN (
    'clash', 'threat', 'protest', 'grievance', 'restriction', 'rumour', 'mediation', 'cooperation'
) GROUP BY ALL
UNION ALL
SELECT 'theme', theme, count(*) FROM core_article_theme
WHERE theme NOT IN (
    'language', 'land', 'jobs', 'crime', 'school', 'religion', 'history', 'politics', 'culture', 'family'
) GROUP BY ALL
UNION ALL
SELECT 'stance or severity', concat_ws(' ', stance, severity), count(*) FROM core_article_group
WHERE coalesce(stance NOT IN (-1, 0, 1) OR severity NOT BETWEEN 0 AND 4, true) GROUP BY ALL
UNION ALL
SELECT 'place role', role, count(*) FROM core_article_place
WHERE coalesce(role, '') NOT IN ('event', 'dateline', 'mention', 'abroad') GROUP BY ALL
UNION ALL
SELECT 'stage', stage, count(*) FROM raw_outcome WHERE coalesce(stage, '') NOT IN ('fetch', 'extract', 'read') GROUP BY ALL
