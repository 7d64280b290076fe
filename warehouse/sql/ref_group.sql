-- grain: people, or collective row, of the statistics
SELECT group_name, group_id, name_kk, name_ru, name_en, other_names, source
FROM read_csv(
    getvariable('reference_group'), header = true, all_varchar = true, nullstr = ''
)
