-- grain: known incident between peoples, 1951 to 2021
SELECT incident_id, CAST(first_day AS DATE) AS first_day, CAST(last_day AS DATE) AS last_day, day_precision, region_code,
    region_code_then, place_ru, place_en, CAST(latitude AS DOUBLE) AS latitude, CAST(longitude AS DOUBLE) AS longitude,
    coordinate_basis, peoples, kind, occasion, CAST(deaths AS INTEGER) AS deaths, CAST(injured AS INTEGER) AS injured,
    displaced, CAST(severity AS INTEGER) AS severity, certainty, CAST(usable AS BOOLEAN) AS usable, official_framing, note,
    source
FROM read_csv(
    getvariable('reference_incident'), header = true, all_varchar = true, nullstr = ''
)
