-- Grain: one row a series: stories of the asked week that no region could be given.
SELECT series, stories FROM out_unplaced_week WHERE week = $week ORDER BY series
