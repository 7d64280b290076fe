-- grain: audited article of a week's sample; what a person said of it, an indicator a label
SELECT
    replace(filename, getvariable('world') || '/', '') AS path,
    article_id, week, stratum, stratum_stories, labels
FROM read_json(
    getvariable('files'), format = 'newline_delimited', filename = true,
    columns = {
        article_id: 'VARCHAR', week: 'VARCHAR', stratum: 'VARCHAR', stratum_stories: 'BIGINT',
        labels: 'STRUCT(indicator VARCHAR, judged BOOLEAN)[]'
    }
)
