-- Grain: one row an indicator.
SELECT indicator, direction, title_kk, title_ru, title_en, definition_en, highest_level
FROM ref_indicator
ORDER BY CASE direction WHEN 'tension' THEN 1 WHEN 'cohesion' THEN 2 ELSE 3 END, indicator
