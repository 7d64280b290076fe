"""From readings to counted, tested and published tables.

In: the stage files of a world (articles, readings, stories, outcomes). Out: `warehouse.duckdb`.
Read in this order: `stage_files.py`, `load/`, `steps.py`, `sql/`, `indicators/` (← ADD AN INDICATOR: a file here and
its row in `reference/indicator.csv`), `cells.py`, `signals.py`, `source_health.py`, `alerts.py`, `suppression.py`,
`checks/`, `build.py`, `publish.py`, `query.py`. What each column means stands in `columns.toml`.
"""
