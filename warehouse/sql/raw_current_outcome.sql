-- grain: stage x source x item x line; of an item met in several windows, the window where it succeeded, else the latest
WITH fate AS ( -- an item can stand twice in a window: an address met again is a fate of its own
    SELECT
        outcome.stage, outcome.source_id, outcome.item, file.first_day, file.last_day, list_sort(list(outcome.word)) AS words
    FROM raw_outcome AS outcome
    JOIN raw_listed_file AS file USING (path)
    GROUP BY ALL
)
SELECT stage, source_id, item, unnest(words) AS word
FROM fate
QUALIFY row_number() OVER (
    PARTITION BY stage, source_id, item
    ORDER BY list_has_any(words, ['fetched', 'ok', 'read', 'gated']) DESC, last_day DESC, first_day DESC
) = 1
