-- grain: stage file of a source that is listed, and the stories file
-- A source whose file was taken away or renamed leaves its stage files behind: they wait, uncounted, until it is back.
SELECT * FROM raw_file WHERE source_id IS NULL OR source_id IN (SELECT source_id FROM raw_source)
