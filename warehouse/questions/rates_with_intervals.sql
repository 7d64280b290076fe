-- grain: indicator x series x region in one week
-- title: Rates with their uncertainty
-- question: What share of the week's stories counts to each indicator in each region, and how sure is that?
-- mind: Per 1,000 stories placed there. `audit` says whether the error of the classifier is in the corrected interval;
--   where it says uncorrected, the interval holds chance alone. Regions are not to be ranked: wide intervals overlap.
-- columns: region_code, region, indicator, series, stories, exposure, rate_per_1000, rate_lo, rate_hi,
--   rate_corrected_per_1000, rate_corrected_lo, rate_corrected_hi, audit, status, publishable
SELECT
    cell.region_code, region.name_en AS region, cell.indicator, cell.series, cell.stories, cell.exposure,
    cell.rate_per_1000, cell.rate_lo, cell.rate_hi,
    cell.rate_corrected_per_1000, cell.rate_corrected_lo, cell.rate_corrected_hi,
    cell.audit, cell.status, cell.publishable
FROM out_indicator_week AS cell
JOIN ref_region AS region USING (region_code)
WHERE cell.exposure > 0
    AND cell.week = coalesce(getvariable('week'), (SELECT max(week) FROM out_week WHERE complete))
    AND cell.indicator = coalesce(getvariable('indicator'), cell.indicator)
ORDER BY cell.region_code, cell.indicator, cell.series
