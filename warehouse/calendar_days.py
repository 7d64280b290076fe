"""From the rule of a feast to its days. A feast whose date moves is there only in a year with a known date."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

_FIXED: Final = re.compile(r"(\d{2})-(\d{2})(?:\.\.(\d{2})-(\d{2}))?")
_KNOWN: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CALENDAR: Final = Path(__file__).parent / "reference" / "calendar.csv"
# Days kept by the whole country, and only those expected to move what is written about peoples.
_WIDE: Final = frozenset({"public holiday", "official date"})
COLUMNS: Final = ("day", "week", "name_kk", "name_ru", "name_en", "kind", "expected_effect")


def days_of(rule: str, first: date, last: date) -> Iterator[date]:
    """Days of `rule` between two days, both included: `05-01` or `03-21..03-23` every year, `2026-05-27` once.

    Any other rule (a lunar feast, "day set each year") has no known days and yields none.
    """
    if _KNOWN.fullmatch(rule):
        known = date.fromisoformat(rule)
        if first <= known <= last:
            yield known
    elif match := _FIXED.fullmatch(rule):
        month, day, to_month, to_day = match.groups()
        for year in range(first.year, last.year + 1):
            current = date(year, int(month), int(day))
            end = date(year, int(to_month), int(to_day)) if to_month else current
            while current <= end:
                if first <= current <= last:
                    yield current
                current += timedelta(days=1)


def resolve(rules: pd.DataFrame) -> pd.DataFrame:
    """Grain day x feast, out of `step_calendar_rule` (columns of `ref_calendar` and `first_day`, `last_day`)."""
    rows = []
    for rule in rules.to_dict("records"):
        first, last = pd.Timestamp(rule["first_day"]).date(), pd.Timestamp(rule["last_day"]).date()
        for day in days_of(rule["day_rule"], first, last):
            rows.append({**rule, "day": day, "week": f"{day:%G-W%V}"})
    return pd.DataFrame(rows, columns=list(COLUMNS))


@cache
def _feasts() -> dict[str, tuple[str, ...]]:
    """Feast -> its rules, for feasts that move the counts of a whole country."""
    rules: dict[str, tuple[str, ...]] = {}
    with _CALENDAR.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["kind"] in _WIDE and row["expected_effect"]:
                rules[row["name_kk"]] = (*rules.get(row["name_kk"], ()), row["day_rule"])
    return rules


def feast_weeks(weeks: Sequence[str]) -> npt.NDArray[np.float64]:
    """Weeks x feasts: 1 where a day of the feast falls into the ISO week; feasts that fall into none are left out."""
    first = [date.fromisocalendar(int(week[:4]), int(week[6:]), 1) for week in weeks]
    start, end = min(first), max(first) + timedelta(days=6)
    known = set(weeks)
    held = [
        {f"{day:%G-W%V}" for rule in rules for day in days_of(rule, start, end)} & known for rules in _feasts().values()
    ]
    kept = [days for days in held if days]
    return np.array([[float(week in days) for days in kept] for week in weeks]).reshape(len(weeks), len(kept))
