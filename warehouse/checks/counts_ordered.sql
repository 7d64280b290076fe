-- a cell counts more owner groups than outlets, more outlets or stories than articles, or more stories tested or counted than there are
SELECT * FROM out_indicator_week
WHERE owner_groups > outlets OR outlets > articles OR stories > articles OR weighed_stories > stories OR stories > exposure
