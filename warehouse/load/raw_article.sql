-- grain: file x article line of the extract stage
SELECT
    replace(filename, getvariable('world') || '/', '') AS path,
    article_id, source_id, url, genre, text, title, published_at, date_basis, context, parent_id, home_region, site, section
FROM read_json(
    getvariable('files'), format = 'newline_delimited', filename = true,
    columns = {
        article_id: 'VARCHAR', source_id: 'VARCHAR', url: 'VARCHAR', genre: 'VARCHAR', text: 'VARCHAR', title: 'VARCHAR',
        published_at: 'VARCHAR', date_basis: 'VARCHAR', context: 'VARCHAR', parent_id: 'VARCHAR', home_region: 'VARCHAR',
        site: 'VARCHAR', section: 'VARCHAR'
    }
)
