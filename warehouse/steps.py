"""The tables of the warehouse in the order in which they need each other.

A table is a file `sql/<table>.sql` with one SELECT, or a pure function over one other table. What a SELECT needs is
read off the table names in it, so a new table is one file and no list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Final

import pandas as pd

from warehouse import alerts, calendar_days, cells, prevalence, source_health, suppression, triage
from warehouse.signals import Rule

FOLDER: Final = Path(__file__).parent
_NAME: Final = re.compile(r"\b(?:raw|ref|step|core|out)_[a-z_]+\b")
INDICATOR_TABLE: Final = "step_article_indicator"


@dataclass(frozen=True, slots=True)
class Function:
    """A table computed in Python: `reads` one table, `columns` name the SQL types of the result."""

    reads: str
    compute: Callable[[pd.DataFrame], pd.DataFrame]
    columns: Mapping[str, str]


def functions(rule: Rule) -> dict[str, Function]:
    """Tables that need a distribution or a walk through time, which SQL says badly."""
    key = {"indicator": "VARCHAR", "series": "VARCHAR", "region_code": "VARCHAR", "week": "VARCHAR"}
    figures = dict.fromkeys(("expected", "lo", "hi", "p", "q", "rate_per_1000", "rate_lo", "rate_hi"), "DOUBLE")
    return {
        "ref_calendar_day": Function(
            "step_calendar_rule",
            calendar_days.resolve,
            {"day": "DATE"} | dict.fromkeys(calendar_days.COLUMNS[1:], "VARCHAR"),
        ),
        "out_source_week": Function(
            "step_source_count",
            source_health.judge_sources,
            {"source_id": "VARCHAR", "week": "VARCHAR", "articles": "BIGINT"}
            | {"expected": "DOUBLE", "p_low": "DOUBLE", "status": "VARCHAR"},
        ),
        "step_cell_signal": Function(
            "step_cell",
            lambda frame: cells.judge_cells(frame, rule),
            key | figures | {"level": "VARCHAR", "status": "VARCHAR"},
        ),
        "step_cell_corrected": Function(
            "step_cell_audit",
            prevalence.correct_cells,
            key | {"audit_size": "BIGINT"} | dict.fromkeys(prevalence.CELL, "DOUBLE"),
        ),
        "out_audit_week": Function(
            "step_audit_count",
            prevalence.judge_audits,
            dict.fromkeys(prevalence.AUDIT_WEEK, "DOUBLE")
            | {"indicator": "VARCHAR", "series": "VARCHAR", "week": "VARCHAR"}
            | dict.fromkeys(("audit_size", "audit_counted", "audit_true"), "BIGINT"),
        ),
        "out_precision": Function(
            "step_verdict_count",
            triage.running_precision,
            dict.fromkeys(triage.PRECISION, "DOUBLE")
            | {"indicator": "VARCHAR", "week": "VARCHAR", "judged": "BIGINT", "upheld": "BIGINT"},
        ),
        "step_alert_life": Function(
            "step_cell_level", alerts.alert_life, key | {"level": "VARCHAR", "status": "VARCHAR"}
        ),
        "out_ended": Function("step_cell_level", alerts.ended, key | {"last_alert_week": "VARCHAR"}),
        "out_group_week": Function(
            "step_group_count",
            suppression.suppress,
            {"group_id": "VARCHAR", "region_code": "VARCHAR", "series": "VARCHAR", "week": "VARCHAR"}
            | {"hostile_stories": "BIGINT", "stories": "BIGINT", "owner_groups": "BIGINT", "suppressed": "BOOLEAN"},
        ),
    }


def selects() -> dict[str, str]:
    """Every table made by a SELECT; the indicators' files are stacked into one table, labelled with their stems."""
    found = {path.stem: path.read_text("utf-8") for path in sorted((FOLDER / "sql").glob("*.sql"))}
    parts = [
        f"SELECT '{path.stem}' AS indicator, article_id, framed, denied FROM (\n{path.read_text('utf-8')}\n)"  # noqa: S608
        for path in sorted((FOLDER / "indicators").glob("*.sql"))
    ]
    return found | {INDICATOR_TABLE: "\nUNION ALL\n".join(parts)}


def order(queries: Mapping[str, str], computed: Mapping[str, Function]) -> list[str]:
    """Names of all tables, each after those it reads; among equals by name, so a build is the same everywhere."""
    needs = {
        name: sorted({word for word in _NAME.findall(query) if word in queries or word in computed} - {name})
        for name, query in queries.items()
    }
    needs |= {name: [step.reads] for name, step in computed.items()}
    sorter = TopologicalSorter(dict(sorted(needs.items())))
    return list(sorter.static_order())
