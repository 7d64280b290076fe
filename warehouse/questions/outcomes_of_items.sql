-- grain: stage x outcome word
-- title: What became of every item
-- question: How many items did each stage see, and what became of them?
-- mind: Every item ends in exactly one outcome a stage. A growing share of failures is a fact about us, not the country.
-- columns: stage, word, items, share_percent, sources
SELECT
    stage, word, CAST(sum(items) AS BIGINT) AS items,
    100.0 * sum(items) / sum(sum(items)) OVER (PARTITION BY stage) AS share_percent,
    count(DISTINCT source_id) AS sources
FROM out_tally
GROUP BY stage, word
ORDER BY stage, word
