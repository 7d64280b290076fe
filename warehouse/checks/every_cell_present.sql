-- an indicator, series, region and week has no row: silence must be a row with a status
SELECT indicator.indicator, series.series, region.region_code, week.week
FROM ref_indicator AS indicator
CROSS JOIN (VALUES ('news'), ('social')) AS series (series)
CROSS JOIN ref_region AS region
CROSS JOIN out_week AS week
ANTI JOIN out_indicator_week AS cell USING (indicator, series, region_code, week)
