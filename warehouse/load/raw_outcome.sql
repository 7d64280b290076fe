-- grain: file x outcome line
SELECT
    replace(filename, getvariable('world') || '/', '') AS path,
    stage, source_id, item, word
FROM read_json(
    getvariable('files'), format = 'newline_delimited', filename = true,
    columns = {stage: 'VARCHAR', source_id: 'VARCHAR', item: 'VARCHAR', word: 'VARCHAR'}
)
