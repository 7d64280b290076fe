-- Grain: one row a rule with its parameters, as stored with the alerts it raised.
SELECT DISTINCT rule, CAST(parameters AS VARCHAR) AS parameters FROM out_alert ORDER BY rule, parameters
