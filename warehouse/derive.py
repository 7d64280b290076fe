"""An alert derived again from the published file alone: its counts from stories, its figures from cells, its life.

Nothing here is a second method: counts come from the same SELECTs as in the build, over published tables; figures
from `judge_cells` with the rule the alert stores; raised or continuing from `alert_life`.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from warehouse.alerts import alert_life
from warehouse.cells import judge_cells
from warehouse.errors import WarehouseError
from warehouse.query import Answer, open_warehouse, run_query
from warehouse.signals import Rule
from warehouse.steps import selects

_FOLDER: Final = Path(__file__).parent / "published"
# The build's own SELECTs that read published tables only, each after those it reads.
_AGAIN: Final = ("step_counted", "step_owner_cap", "step_target", "step_panel", "step_panel_hash")
_FIGURES: Final = {"expected": "expected", "lo": "expected_lo", "hi": "expected_hi", "p": "p", "q": "q"}
# Another processor or library may add in another order; ten digits are more than a count of stories can mean.
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Stored:
    """An alert as published: its row of `out_alert`, and the headlines behind it as in `out_alert_evidence`."""

    row: Mapping[str, Any]
    evidence: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One stored value beside the one derived again."""

    name: str
    stored: object
    derived: object

    @property
    def equal(self) -> bool:
        return same(self.stored, self.derived)


def same(stored: object, derived: object) -> bool:
    """Equal; numbers to nine digits, as sums of floats depend on their order."""
    numbers = (int, float)
    if isinstance(stored, bool) or not isinstance(stored, numbers) or not isinstance(derived, numbers):
        return stored == derived
    return math.isclose(stored, derived, rel_tol=_TOLERANCE, abs_tol=1e-300)


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, values: list[object]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def stored_alert(connection: duckdb.DuckDBPyConnection, alert_id: str) -> Stored:
    """WarehouseError, naming the nearest id, if there is no such alert."""
    found = _rows(connection, "SELECT * FROM out_alert WHERE alert_id = ?", [alert_id])
    if not found:
        known = [each for (each,) in connection.execute("SELECT alert_id FROM out_alert").fetchall()]
        near = difflib.get_close_matches(alert_id, known, 1)
        hint = f"did you mean {near[0]}?" if near else "`shanyraq alert list` shows them"
        raise WarehouseError(f"there is no alert {alert_id!r}; {hint}")
    evidence = "SELECT * EXCLUDE (alert_id) FROM out_alert_evidence WHERE alert_id = ? ORDER BY rank"
    return Stored(found[0], tuple(_rows(connection, evidence, [alert_id])))


def list_alerts(path: Path, week: str | None = None, level: str | None = None) -> Answer:
    """Alerts in order of time, then of region code: never by height."""
    wanted = {name: value for name, value in (("week", week), ("level", level)) if value is not None}
    return run_query(path, _sql("alerts"), wanted)


def rule_of(row: Mapping[str, Any]) -> Rule:
    """The rule an alert was judged by; WarehouseError if this version of the program does not know a parameter."""
    parameters: dict[str, Any] = json.loads(row["parameters"])
    known = {field.name for field in fields(Rule)}
    if strange := sorted(set(parameters) ^ known):
        raise WarehouseError(
            f"the rule of {row['alert_id']} has other parameters than this version's ({', '.join(strange)}); "
            "derive it with the version `out_build` names"
        )
    kept: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in parameters.items()}
    return Rule(**kept)


def derive(connection: duckdb.DuckDBPyConnection, alert: Stored) -> list[Figure]:
    """Every stored value of an alert beside the one that follows from the other published tables."""
    row = alert.row
    rule = rule_of(row)
    names = {"indicator": "indicator", "series": "series", "region": "region_code", "week": "week"}
    for variable, column in names.items():
        connection.execute(f"SET VARIABLE {variable} = ?", [row[column]])
    queries = selects()
    connection.execute(f"CREATE OR REPLACE TEMP VIEW step_week AS {_sql('step_week')}")
    for view in _AGAIN:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {queries[view]}")

    [counted] = _rows(connection, _sql("alert_counts"), [])
    counted["parameters"] = _canonical(counted["parameters"])
    judged = _judged(connection.execute(_sql("alert_cells")).df(), rule, row)
    derived: dict[str, Any] = {**counted, **judged}
    figures = [
        Figure(name, _canonical(value) if name == "parameters" else value, derived[name])
        for name, value in row.items()
        if name in derived
    ]
    again = _rows(connection, f"SELECT * EXCLUDE (alert_id) FROM ({queries['out_alert_evidence']}) WHERE alert_id = ? ORDER BY rank",  # noqa: S608, E501
                  [row["alert_id"]])  # fmt: skip
    stories = [each["article_id"] for each in alert.evidence]
    return [*figures, Figure("evidence", stories, [each["article_id"] for each in again])]


def _sql(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text("utf-8")


def _canonical(parameters: str | None) -> str | None:
    return None if parameters is None else json.dumps(json.loads(parameters), sort_keys=True)


def _judged(cells: pd.DataFrame, rule: Rule, row: Mapping[str, Any]) -> dict[str, Any]:
    """Figures, level and status of the alert's cell, judged again with all regions and weeks before it."""
    judged = judge_cells(cells, rule)
    again = judged[(judged["region_code"] == row["region_code"]) & (judged["week"] == row["week"])]
    if len(again) != 1:
        raise WarehouseError(f"{row['alert_id']}: out_indicator_week has no cell of it; publish the warehouse again")
    cell = again.to_dict("records")[0]
    derived: dict[str, Any] = {stored: float(cell[name]) for name, stored in _FIGURES.items()}
    life = cells[["indicator", "series", "region_code", "week", "first_day"]].assign(
        level=judged["level"],
        status=judged["status"].where(cells["status"] != "held", "held"),
        inside=cells["weighed_stories"] <= judged["hi"],
    )
    spoken = alert_life(life[life["region_code"] == row["region_code"]])
    now = spoken[spoken["week"] == row["week"]].to_dict("records")
    derived["level"], derived["status"] = (now[0]["level"], now[0]["status"]) if now else ("", "no signal")
    return derived


def show_alert(path: Path, alert_id: str, *, again: bool) -> tuple[Stored, list[Figure]]:
    """An alert of the warehouse at `path`, and, if asked for, its figures derived again.

    WarehouseError, one sentence, where the file is of another version of the program or damaged.
    """
    with open_warehouse(path) as connection:
        try:
            alert = stored_alert(connection, alert_id)
            return alert, derive(connection, alert) if again else []
        except (duckdb.Error, KeyError) as error:  # KeyError: a column that `judge_cells` reads is not there
            said = str(error).splitlines()[0]
            raise WarehouseError(
                f"{path} is of another version or damaged ({said}); `shanyraq build`, `shanyraq publish` make it anew"
            ) from error
