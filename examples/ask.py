"""Ask the warehouse from Python with DuckDB and pandas, nothing of Shanyraq: `python ask.py warehouse.duckdb`."""

import sys

import duckdb

with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
    warehouse.execute("SET TimeZone = 'Asia/Almaty'")
    signals = warehouse.sql(
        "SELECT week, region_code, indicator, series, level, stories, expected, q "
        "FROM out_alert WHERE status = 'raised'"
    ).df()
    [last_week] = warehouse.execute("SELECT max(week) FROM out_week WHERE complete").fetchone()
    cells = warehouse.execute(
        "SELECT region_code, stories, exposure, rate_per_1000, rate_lo, rate_hi, status FROM out_indicator_week "
        "WHERE indicator = 'incidents' AND series = 'news' AND week = ? ORDER BY region_code",
        [last_week],
    ).df()

print(signals.to_string(index=False))
print(f"{last_week}: {(cells['status'] == 'ok').sum()} of {len(cells)} regions could be judged")
