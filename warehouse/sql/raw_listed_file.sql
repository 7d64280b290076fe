-- grain: stage file of a source that is listed, the stories file, and the outcomes of lines that name no source
-- A source whose file was taken away or renamed leaves its stage files behind: they wait, uncounted, until it is back.
-- Rejected lines of an archive have no source to list, and must not leave the tally for it (crawlers.archive.UNATTRIBUTED).
SELECT * FROM raw_file
WHERE source_id IS NULL OR source_id = 'unattributed' OR source_id IN (SELECT source_id FROM raw_source)
