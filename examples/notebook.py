"""A marimo notebook over the published warehouse: a week's signals, one region beside its past, an alert derived again.

Look at it:    marimo edit examples/notebook.py -- --warehouse data/sample/warehouse.duckdb
Without a screen:  marimo export html examples/notebook.py -o notebook.html -- --warehouse data/sample/warehouse.duckdb
It needs the extra `notebook` (marimo) beside Shanyraq.
"""

# ruff: noqa: PLC0415, B018 - a cell imports what it hands on, and shows its last line

import marimo

app = marimo.App(width="medium", app_title="Shanyraq")


@app.cell
def _():
    from pathlib import Path

    import marimo as mo

    from warehouse.derive import list_alerts, show_alert
    from warehouse.query import run_query
    from warehouse.questions import question

    warehouse = Path(str(mo.cli_args().get("warehouse") or "data/sample/warehouse.duckdb"))

    def ask(name, **given):
        """One of the example questions as rows for a table."""
        answer = run_query(warehouse, question(name).sql, given)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    return ask, list_alerts, mo, question, run_query, show_alert, warehouse


@app.cell
def _(mo, run_query, warehouse):
    facts = dict(run_query(warehouse, "SELECT key, value FROM out_build").rows)
    fictional = "**All outlets, places and events in it are fictional.** " if facts["fictional"] == "true" else ""
    mo.md(
        f"# {warehouse.name}: {facts['world']}\n\n{fictional}{facts['articles']} articles, {facts['stories']} stories, "
        f"{facts['weeks']} weeks; model {facts['model']}, snapshot `{facts['snapshot_hash']}`."
    )


@app.cell
def _(mo, run_query, warehouse):
    weeks = [row[0] for row in run_query(warehouse, "SELECT week FROM out_week WHERE complete ORDER BY week").rows]
    week = mo.ui.dropdown(weeks, value=weeks[-1], label="week")
    week
    return (week,)


@app.cell
def _(ask, mo, question, week):
    mo.vstack(
        [
            mo.md(f"## {question('signals_of_week').question}\n\n{question('signals_of_week').mind}"),
            mo.ui.table(ask("signals_of_week", week=week.value), selection=None),
            mo.md(f"## {question('held_regions').question}\n\n{question('held_regions').mind}"),
            mo.ui.table(ask("held_regions", week=week.value), selection=None),
        ]
    )


@app.cell
def _(mo, run_query, warehouse):
    regions = dict(run_query(warehouse, "SELECT name_en, region_code FROM ref_region ORDER BY region_code").rows)
    indicators = dict(run_query(warehouse, "SELECT title_en, indicator FROM ref_indicator ORDER BY indicator").rows)
    alerted = run_query(
        warehouse,
        "SELECT name_en, title_en FROM out_alert "
        "JOIN ref_region USING (region_code) JOIN ref_indicator USING (indicator) "
        "ORDER BY out_alert.level, week DESC, alert_id LIMIT 1",
    ).rows
    at = alerted[0] if alerted else (next(iter(regions)), next(iter(indicators)))
    region = mo.ui.dropdown(regions, value=at[0], label="region")
    indicator = mo.ui.dropdown(indicators, value=at[1], label="indicator")
    series = mo.ui.radio(["news", "social"], value="news", label="series", inline=True)
    mo.hstack([region, indicator, series], justify="start")
    return indicator, region, series


@app.cell
def _(ask, indicator, mo, region, series):
    weeks_of_region = ask("region_series", region=region.value, indicator=indicator.value, series=series.value)
    highest = max([1, *(row["stories"] for row in weeks_of_region)])
    for row in weeks_of_region:
        row["shown"] = "█" * round(20 * row["stories"] / highest)
    mo.vstack([mo.md(f"## {region.selected_key} beside its own past"), mo.ui.table(weeks_of_region, selection=None)])


@app.cell
def _(list_alerts, mo, show_alert, warehouse):
    derived = []
    for alert_id, level, status, *_rest in list_alerts(warehouse).rows:
        _, figures = show_alert(warehouse, alert_id, again=True)
        unequal = [figure.name for figure in figures if not figure.equal]
        said = f"not equal: {', '.join(unequal)}" if unequal else f"all {len(figures)} values equal"
        derived.append({"alert": alert_id, "level": level, "status": status, "derived": said})
    mo.vstack([mo.md("## Every alert derived again from this file alone"), mo.ui.table(derived, selection=None)])


if __name__ == "__main__":
    app.run()
