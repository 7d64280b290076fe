-- grain: article; the stories file covers the whole world
SELECT
    replace(filename, getvariable('world') || '/', '') AS path,
    article_id, story_id, copy_of
FROM read_json(
    getvariable('files'), format = 'newline_delimited', filename = true,
    columns = {article_id: 'VARCHAR', story_id: 'VARCHAR', copy_of: 'VARCHAR'}
)
