-- grain: file x reading line
SELECT
    replace(filename, getvariable('world') || '/', '') AS path,
    id AS article_id, language, rel, voice, "time", acts, frame, themes, groups, places, p, model, headline_region
FROM read_json(
    getvariable('files'), format = 'newline_delimited', filename = true,
    columns = {
        id: 'VARCHAR', language: 'VARCHAR', rel: 'VARCHAR', voice: 'VARCHAR', "time": 'VARCHAR', acts: 'VARCHAR[]',
        frame: 'VARCHAR', themes: 'VARCHAR[]', groups: 'STRUCT(g VARCHAR, st INTEGER, sev INTEGER)[]',
        places: 'STRUCT(region VARCHAR, name VARCHAR, role VARCHAR, "precision" INTEGER, span INTEGER[])[]', p: 'JSON',
        model: 'VARCHAR', headline_region: 'VARCHAR'
    }
)
