-- a cell counts more owner groups than outlets, more outlets or stories than articles, or more stories than exposure
SELECT * FROM out_indicator_week
WHERE owner_groups > outlets OR outlets > articles OR stories > articles OR stories > exposure
