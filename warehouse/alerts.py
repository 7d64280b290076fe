"""The life of an alert: raised, continuing inside the cool-down, held, ended. Pure; what is a signal is decided before.

METHOD, "Levels and life of an alert": the same region and indicator speak again only at a higher level for 28 days;
"ended" after three weeks inside the interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

_RANK: Final = {"": 0, "watch": 1, "alert": 2}
_KEYS: Final = ["indicator", "series", "region_code"]
LIFE: Final = ("indicator", "series", "region_code", "week", "level", "status")
ENDED: Final = ("indicator", "series", "region_code", "week", "last_alert_week")


@dataclass(frozen=True, slots=True)
class LifeRule:
    cool_down_days: int = 28
    quiet_weeks: int = 3


DEFAULT: Final = LifeRule()


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell says about an alert in a week: `raised`, `continuing`, `held` (with a level) or `ended`."""

    week: str
    level: str
    status: str
    last_alert_week: str | None = None


def moments(cells: list[tuple[str, date, str, str, bool]], rule: LifeRule = DEFAULT) -> Iterator[Moment]:
    """Moments of one indicator, series and region; `cells` are (week, Monday, level, status, inside) in order of time.

    Quiet is a judged week without a level whose count is `inside` the interval; a judged week outside it starts the
    count of quiet weeks again. A week that could not be judged (held, insufficient, no baseline) is neither.
    """
    spoken: list[tuple[date, int]] = []  # raised: day and rank
    last_alert: str | None = None
    quiet = 0
    for week, day, level, status, inside in cells:
        rank = _RANK[level]
        if status == "held":
            if rank:
                yield Moment(week, level, "held")
        elif rank:
            recent = max((r for d, r in spoken if (day - d).days < rule.cool_down_days), default=0)
            if rank > recent:
                spoken.append((day, rank))
            yield Moment(week, level, "raised" if rank > recent else "continuing")
            last_alert, quiet = week, 0
        elif status == "ok" and last_alert is not None:
            quiet = quiet + 1 if inside else 0
            if quiet == rule.quiet_weeks:
                yield Moment(week, "", "ended", last_alert)
                last_alert = None


def _walk(frame: pd.DataFrame, rule: LifeRule) -> Iterator[dict[str, object]]:
    ordered = frame.sort_values([*_KEYS, "first_day"])
    spoke = ordered[ordered["level"] != ""][_KEYS].drop_duplicates()
    for key, rows in ordered.merge(spoke, on=_KEYS).groupby(_KEYS, sort=True):
        days = [pd.Timestamp(day).date() for day in rows["first_day"]]
        cells = list(zip(rows["week"], days, rows["level"], rows["status"], rows["inside"], strict=True))
        for moment in moments(cells, rule):
            yield {
                **dict(zip(_KEYS, key, strict=True)),
                "week": moment.week,
                "level": moment.level,
                "status": moment.status,
                "last_alert_week": moment.last_alert_week,
            }


def alert_life(frame: pd.DataFrame, rule: LifeRule = DEFAULT) -> pd.DataFrame:
    """Grain alert: every cell with a level, with its status. In: `step_cell_level`."""
    rows = [row for row in _walk(frame, rule) if row["status"] != "ended"]
    return pd.DataFrame(rows, columns=list(LIFE))


def ended(frame: pd.DataFrame, rule: LifeRule = DEFAULT) -> pd.DataFrame:
    """Grain ended alert: the third quiet week after the last alert. In: `step_cell_level`."""
    rows = [row for row in _walk(frame, rule) if row["status"] == "ended"]
    return pd.DataFrame(rows, columns=list(ENDED))
