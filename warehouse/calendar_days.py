"""From the rule of a feast to its days. A feast whose date moves is there only in a year with a known date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import pandas as pd

_FIXED: Final = re.compile(r"(\d{2})-(\d{2})(?:\.\.(\d{2})-(\d{2}))?")
_KNOWN: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
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
