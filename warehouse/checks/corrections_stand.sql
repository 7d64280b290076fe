-- a corrected rate stands without an audit, outside its interval, or misses where `audit` says corrected
SELECT indicator, series, region_code, week, audit, audit_size, rate_corrected_lo, rate_corrected_per_1000, rate_corrected_hi
FROM out_indicator_week
WHERE audit NOT IN ('corrected', 'uncorrected')
    OR (audit = 'corrected') <> (rate_corrected_per_1000 IS NOT NULL)
    OR (audit = 'corrected') <> (rate_corrected_lo IS NOT NULL AND rate_corrected_hi IS NOT NULL)
    OR (audit = 'corrected' AND audit_size = 0)
    OR rate_corrected_lo > rate_corrected_per_1000 OR rate_corrected_per_1000 > rate_corrected_hi
    OR rate_corrected_lo < 0 OR rate_corrected_hi > 1000
