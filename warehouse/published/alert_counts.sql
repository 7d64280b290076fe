-- grain: one row; an alert's counts, counted again from its stories, their copies and owners
WITH counted AS (
    SELECT * FROM step_counted
    WHERE indicator = getvariable('indicator') AND series = getvariable('series')
        AND region_code = getvariable('region') AND week = getvariable('week')
), target AS (
    SELECT * FROM step_target
    WHERE getvariable('indicator') = 'hostility' AND series = getvariable('series')
        AND region_code = getvariable('region') AND week = getvariable('week')
), voice AS (
    SELECT count(DISTINCT article.source_id) AS outlets, count(DISTINCT source.owner_group) AS owner_groups
    FROM counted
    JOIN core_article AS article ON article.story_id = counted.story_id AND article.series = counted.series
    JOIN core_source AS source USING (source_id)
)
SELECT
    (SELECT count(*) FROM counted) AS stories,
    (SELECT weighed_stories FROM step_owner_cap
     WHERE indicator = getvariable('indicator') AND series = getvariable('series')
        AND region_code = getvariable('region') AND week = getvariable('week')) AS weighed_stories,
    voice.outlets, voice.owner_groups,
    (SELECT count(*) FROM core_story
     WHERE in_panel AND series = getvariable('series') AND region_code = getvariable('region')
        AND week = getvariable('week')) AS exposure,
    (SELECT count(*) FILTER (framed) FROM counted) AS framed_stories,
    (SELECT count(*) FILTER (denied) FROM counted) AS denied_stories,
    (SELECT count(*) FILTER (denied) > 0 FROM counted) AS disputed,
    (SELECT top_group FROM target) AS top_group,
    (SELECT top_group_stories FROM target) AS top_group_stories,
    (SELECT target_owner_groups FROM target) AS target_owner_groups,
    (SELECT panel_hash FROM step_panel_hash
     WHERE series = getvariable('series') AND week = getvariable('week')) AS panel_hash,
    (SELECT value FROM out_build WHERE key = 'rule') AS rule,
    (SELECT value FROM out_build WHERE key = 'parameters') AS parameters,
    (SELECT value FROM out_build WHERE key = 'model_hash') AS model_hash,
    (SELECT value FROM out_build WHERE key = 'lexicon_hash') AS lexicon_hash,
    (SELECT value FROM out_build WHERE key = 'snapshot_hash') AS snapshot_hash
FROM voice
