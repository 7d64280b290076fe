"""What persons decided about alerts, and how often the alerts told the truth.

One append-only file a world (`World.triage`): a decision is a line, a later one about the same alert holds, the earlier
ones stay. It says the role of who decided, never a name. METHOD, "Levels and life of an alert".
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from crawlers.layout import World, whole_file
from warehouse.errors import WarehouseError
from warehouse.query import open_warehouse

DECISIONS: Final = ("approve", "archive", "delete", "hold")
VERDICTS: Final = ("true", "known", "artefact", "syndication", "wrong_place", "wrong_topic")
UPHELD: Final = ("true", "known")  # it was so, if not news
ROLES: Final = ("operator", "analyst", "editor")
COLUMNS: Final = ("alert_id", "level", "status", "stories", "owner_groups", "q", "decision", "verdict")
PRECISION: Final = ("indicator", "week", "judged", "upheld", "precision", "precision_lo", "precision_hi")


class TriageError(WarehouseError):
    """A decision that was not kept."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of the file; indicator to level are the alert's, kept because a later build may no longer hold it."""

    decision_no: int
    alert_id: str
    indicator: str
    series: str
    region_code: str
    week: str
    level: str
    decided_on: str  # day in Almaty
    role: str
    decision: str
    verdict: str | None


def why_refused(decision: str, verdict: str | None, role: str) -> str | None:
    """The reason why this cannot be decided, or None. Pure."""
    for what, word, words in (("decision", decision, DECISIONS), ("role", role, ROLES)):
        if word not in words:
            return f"{word!r} is no {what}; choose one of {', '.join(words)}"
    if verdict is None:
        return None if decision == "hold" else f"to {decision} needs a verdict: one of {', '.join(VERDICTS)}"
    if verdict not in VERDICTS:
        return f"{verdict!r} is no verdict; choose one of {', '.join(VERDICTS)}"
    if decision == "approve" and verdict not in UPHELD:
        return f"an alert with the verdict {verdict} cannot be approved; archive, delete or hold it"
    return None


def decide(world: World, alert_id: str, decision: str, verdict: str | None, role: str, today: date) -> Decision:
    """Add a decision about an alert of the published warehouse. TriageError if there is none such, or by its rules."""
    if reason := why_refused(decision, verdict, role):
        raise TriageError(f"{alert_id}: {reason}")
    query = "SELECT indicator, series, region_code, week, level FROM out_alert WHERE alert_id = ?"
    with open_warehouse(world.warehouse) as connection:
        alert = connection.execute(query, [alert_id]).fetchone()
    if alert is None:
        raise TriageError(f"there is no alert {alert_id} in {world.warehouse}; `shanyraq triage list` shows them")
    with _alone(world.triage):
        earlier = decisions(world.triage)
        number = max((line.decision_no for line in earlier), default=0) + 1
        indicator, series, region_code, week, level = alert
        made = Decision(
            number, alert_id, indicator, series, region_code, week, level, today.isoformat(), role, decision, verdict
        )
        with whole_file(world.triage) as handle:
            handle.writelines(json.dumps(asdict(line), separators=(",", ":")) + "\n" for line in (*earlier, made))
    return made


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time adds to `path`; a second one waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def decisions(path: Path) -> list[Decision]:
    """All decisions in the order in which they were taken."""
    if not path.exists():
        return []
    return [Decision(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def desk(world: World, week: str | None) -> list[tuple[Any, ...]]:
    """`COLUMNS` of the alerts and watches of a week (default: all that no decision closes), with what was decided.

    Decisions are read from the file, so one shows before the next build.
    """
    holds = {line.alert_id: line for line in decisions(world.triage)}
    query = "SELECT week, alert_id, level, status, stories, owner_groups, q FROM out_alert"
    with open_warehouse(world.warehouse) as connection:
        alerts = sorted(connection.execute(query).fetchall())
    rows: list[tuple[Any, ...]] = []
    for alert_week, alert_id, *values in alerts:
        last = holds.get(alert_id)
        if (alert_week == week) if week else (last is None or last.decision == "hold"):
            rows.append((alert_id, *values, last and last.decision, last and last.verdict))
    return rows


def running_precision(frame: pd.DataFrame) -> pd.DataFrame:
    """Grain indicator (or all) x week: share of judged alerts that told the truth, with Jeffreys' 95 % interval.

    In: `step_verdict_count`.
    """
    judged = frame["judged"].to_numpy(dtype=float)
    upheld = frame["upheld"].to_numpy(dtype=float)
    lo = np.where(upheld > 0, stats.beta.ppf(0.025, upheld + 0.5, judged - upheld + 0.5), 0.0)
    hi = np.where(upheld < judged, stats.beta.ppf(0.975, upheld + 0.5, judged - upheld + 0.5), 1.0)
    return frame.assign(precision=upheld / judged, precision_lo=lo, precision_hi=hi)[list(PRECISION)]
