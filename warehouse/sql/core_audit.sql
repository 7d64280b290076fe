-- grain: audited article x indicator; what a person said beside what the classifier says of its story now
WITH once AS ( -- of an article drawn in two weeks, the later one
    SELECT article_id, week, stratum, stratum_stories, labels
    FROM raw_audit
    QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY week DESC) = 1
), label AS (
    SELECT article_id, week, stratum, stratum_stories, unnest(labels) AS said FROM once
)
SELECT
    label.article_id, frame.story_id, frame.series, label.week, label.stratum,
    label.said.indicator AS indicator,
    label.said.judged AS judged,
    counted.story_id IS NOT NULL AS counted,
    frame.flagged,
    -- each judged story stands for the stories of its stratum that were not drawn, or drawn and not judged
    label.stratum_stories / count(*) OVER (PARTITION BY label.week, label.stratum, label.said.indicator) AS weight
FROM label
JOIN core_article AS article USING (article_id)
JOIN step_audit_frame AS frame ON frame.story_id = article.story_id AND frame.series = article.series
LEFT JOIN core_story_indicator AS counted
    ON counted.story_id = frame.story_id AND counted.series = frame.series AND counted.indicator = label.said.indicator
