"""From readings to counted, tested and published tables.

In: the stage files of a world (articles, readings, stories, outcomes). Out: `warehouse.duckdb`.
Read in this order: `stage_files.py`, `load/`, `steps.py`, `sql/`, `indicators/` (← ADD AN INDICATOR: a file here and
its row in `reference/indicator.csv`), `cells.py`, `signals.py`, `source_health.py`, `alerts.py`, `suppression.py`,
`checks/`, `build.py` (with `raw_tables.py`; `lake.py` past one machine), `publish.py`. What a person adds: `audit.py`,
`prevalence.py`, `triage.py`. Reference tables: `reference_files.py`, `reference_import.py`. For analysts: `query.py`,
`questions.py`, `data_package.py`, `derive.py`, `dictionary.py`. `farrington.py` is for comparison only (`bench/`).
What each column means stands in `columns.toml`.
"""
