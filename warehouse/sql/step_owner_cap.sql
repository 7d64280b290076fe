-- grain: indicator x series x region x week with stories; their number when no owner group weighs more than 25 %
-- Owners by size n1 >= n2 ...: where the k largest are cut to c, c = 0.25 * (k c + rest), so c = rest / (4 - k); the
-- smallest k with c >= n(k+1) holds. Below four owner groups a quarter each is impossible and nothing is cut.
WITH owner AS (
    SELECT indicator, series, region_code, week, lead_owner_group, count(*) AS stories
    FROM step_counted GROUP BY ALL
), ranked AS (
    SELECT
        *,
        row_number() OVER cell - 1 AS larger,
        count(*) OVER (PARTITION BY indicator, series, region_code, week) AS owners,
        sum(stories) OVER (
            PARTITION BY indicator, series, region_code, week ORDER BY stories DESC, lead_owner_group
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS rest
    FROM owner
    WINDOW cell AS (PARTITION BY indicator, series, region_code, week ORDER BY stories DESC, lead_owner_group)
), cap AS (
    SELECT
        indicator, series, region_code, week,
        arg_min(rest / (4.0 - larger), larger) FILTER (owners >= 4 AND larger < 4 AND rest / (4.0 - larger) >= stories)
            AS most
    FROM ranked GROUP BY ALL
)
SELECT
    indicator, series, region_code, week,
    CAST(round(sum(least(ranked.stories, coalesce(cap.most, ranked.stories)))) AS BIGINT) AS weighed_stories
FROM ranked JOIN cap USING (indicator, series, region_code, week)
GROUP BY ALL
