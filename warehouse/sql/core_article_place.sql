-- grain: article x place name x role, the first time it stands in the text; region null: abroad or not one region
SELECT article_id, place.region AS region_code, place.name AS name, place.role AS role, place.precision AS precision,
    min(place.span[1]) AS first_offset, count(*) AS mentions
FROM (SELECT article_id, unnest(places) AS place FROM raw_current_reading)
GROUP BY ALL
