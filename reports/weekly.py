"""From the published warehouse and a week to an `Issue`: what can be said, what is held, what was not seen."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from reports.issue import (
    CalendarMark,
    CohesionCell,
    Coverage,
    Ended,
    Headline,
    Institution,
    Issue,
    Names,
    RegionWeek,
    ReportError,
    Signal,
    SourceWeek,
    Watch,
)
from reports.published import Published, Row

AHEAD: Final = timedelta(days=14)
_REGION_STATUSES: Final = ("ok", "held", "insufficient")
# Kinds in warehouse/reference/institution.csv of the Ethno-mediation centre and the Assembly, in order of preference.
_NATIONAL_KINDS: Final = ("operates", "consultative body")
_DIRECTIONS: Final = ("tension", "cohesion", "context")
# Controls (also CR, LF, NEL), line and paragraph separators, unassigned surrogates, and format characters such as bidi
# overrides would let a headline forge lines of the mail or turn the text around.
_UNPRINTABLE: Final = {"Cc", "Zl", "Zp", "Cs", "Cf"}


def one_line(text: str) -> str:
    """`text` on one line: control, separator, surrogate and format characters become spaces, runs of spaces one."""
    printable = "".join(" " if unicodedata.category(letter) in _UNPRINTABLE else letter for letter in text)
    return " ".join(printable.split())


def safe_link(url: str | None) -> str | None:
    """`url` if it is an absolute http(s) address without odd characters, else None (`javascript:`, `data:`)."""
    if url is None or one_line(url) != url or " " in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def compose_issue(warehouse: Path, week: str) -> Issue:
    """The issue of one ISO week (`2026-W22`). Raises `ReportError` if the file or the week is missing."""
    with Published(warehouse) as published:
        return _compose(published, week)


def compose_issues(warehouse: Path) -> tuple[Issue, ...]:
    """The issues of all weeks of the warehouse, oldest first."""
    with Published(warehouse) as published:
        return tuple(_compose(published, row["week"]) for row in published.rows("weeks"))


def last_complete_week(warehouse: Path) -> str:
    """The last ISO week whose seven days lie in the warehouse; raises `ReportError` if there is none."""
    with Published(warehouse) as published:
        complete = [row["week"] for row in published.rows("weeks") if row["complete"]]
    if not complete:
        raise ReportError(f"No week is complete in {warehouse}: add texts from a Monday to a Sunday, or name a week.")
    return str(max(complete))


def _compose(published: Published, week: str) -> Issue:
    weeks = {row["week"]: row for row in published.rows("weeks")}
    if week not in weeks:
        held = f"it holds {min(weeks)} to {max(weeks)}" if weeks else "it holds no week at all"
        raise ReportError(f"There is no week {week} in {published.path}; {held}: ask for another week.")
    facts = {row["key"]: row["value"] for row in published.rows("build_facts")}
    current = weeks[week]
    institutions = institutions_of(published)
    signals = _signals(published, week, institutions)
    published_signals = [signal for signal in signals if signal.status != "held"]
    held_signals = tuple(signal for signal in signals if signal.status == "held")
    unplaced = {row["series"]: row["stories"] for row in published.rows("issue_unplaced", week=week)}
    return Issue(
        week=week,
        first_day=current["first_day"],
        last_day=current["last_day"],
        complete=bool(current["complete"]),
        world=str(facts["world"]),
        fictional=_flag(str(facts["fictional"])),
        version=str(facts.get("version", "")),
        model=str(facts.get("model", "")),
        tension=tuple(signal for signal in published_signals if signal.direction == "tension"),
        cohesion=tuple(signal for signal in published_signals if signal.direction == "cohesion"),
        cohesion_cells=tuple(
            CohesionCell(region=names_of(row), **_only(row, CohesionCell))
            for row in published.rows("issue_cohesion_cells", week=week)
        ),
        held=held_signals,
        watches=tuple(Watch(**row) for row in published.rows("issue_watches", week=week)),
        ended=tuple(
            Ended(region=names_of(row), title=names_of(row, "title"), **_only(row, Ended))
            for row in published.rows("issue_ended", week=week)
        ),
        regions=tuple(_region(row, held_signals) for row in published.rows("issue_regions", week=week)),
        calendar=calendar_marks(published.rows("issue_calendar", first=current["first_day"], last=current["last_day"])),
        calendar_ahead=calendar_marks(
            published.rows(
                "issue_calendar", first=current["last_day"] + timedelta(days=1), last=current["last_day"] + AHEAD
            )
        ),
        coverage=Coverage(
            sources=current["sources"],
            healthy_sources=current["healthy_sources"],
            unhealthy=tuple(
                SourceWeek(row["source_id"], one_line(row["name"]), row["home_region"], row["status"])
                for row in published.rows("issue_sources", week=week)
            ),
            stories_news=current["stories_news"],
            stories_social=current["stories_social"],
            articles=current["articles"],
            unplaced_news=int(unplaced.get("news", 0)),
            unplaced_social=int(unplaced.get("social", 0)),
        ),
        institutions=tuple(item for item in institutions if item.region_code is None),
    )


def _signals(published: Published, week: str, institutions: tuple[Institution, ...]) -> list[Signal]:
    evidence: dict[str, list[Row]] = {}
    for row in published.rows("issue_evidence", week=week):
        evidence.setdefault(row["alert_id"], []).append(row)
    signals = []
    for row in published.rows("issue_signals", week=week):
        if row["direction"] not in _DIRECTIONS:
            raise ReportError(f"Indicator {row['indicator']} has the unknown direction {row['direction']!r}.")
        if row["direction"] == "context":
            raise ReportError(
                f"Alert {row['alert_id']} stands on a context indicator, which may only be watched: correct the rule."
            )
        beside = evidence.get(row["alert_id"], [])
        signals.append(
            Signal(
                title=names_of(row, "title"),
                region=names_of(row),
                denied=row["indicator"] == "rumour" and row["denied_stories"] > 0,
                target_group=row["top_group"],
                target_group_stories=row["top_group_stories"],
                headlines=tuple(
                    Headline(
                        one_line(item["outlet"]),
                        one_line(item["title"]),
                        safe_link(item["url"]),
                        date.fromisoformat(item["day"]),
                    )
                    for item in beside
                    if not item["withheld"] and item["title"]
                ),
                headlines_withheld=sum(item["withheld"] for item in beside),
                institutions=_to_turn_to(row["region_code"], institutions),
                **_only(row, Signal),
            )
        )
    return signals


def _to_turn_to(region_code: str, institutions: tuple[Institution, ...]) -> tuple[Institution, ...]:
    """Bodies of the region that can be asked; without one the national mediation centre, else the Assembly."""
    own = tuple(item for item in institutions if item.region_code == region_code and not item.kind.startswith("count"))
    if own:
        return own
    national = [item for item in institutions if item.region_code is None]
    for kind in _NATIONAL_KINDS:
        found = tuple(item for item in national if item.kind.startswith(kind))
        if found:
            return found[:1]
    return ()


def _region(row: Row, held: Iterable[Signal]) -> RegionWeek:
    if row["status"] not in _REGION_STATUSES:
        raise ReportError(f"Region {row['region_code']} has the unknown status {row['status']!r}.")
    no_baseline = row["status"] == "ok" and not row["baseline"]
    return RegionWeek(
        region_code=row["region_code"],
        region=names_of(row),
        status="no_baseline" if no_baseline else row["status"],
        stories_news=row["stories_placed_news"],
        stories_social=row["stories_placed_social"],
        sources=row["sources"],
        unhealthy_sources=tuple(_listed(row["unhealthy_names"])),
        held_signals=sum(signal.region_code == row["region_code"] for signal in held),
    )


def calendar_marks(rows: Iterable[Row]) -> tuple[CalendarMark, ...]:
    """Calendar rows (one a day) as marks: days in a row of the same name become one."""
    marks: list[CalendarMark] = []
    ordered = sorted(rows, key=lambda row: (row["name_en"], row["day"]))
    for _, days in itertools.groupby(ordered, key=lambda row: row["name_en"]):
        run: list[Row] = []
        for row in days:
            if run and row["day"] - run[-1]["day"] > timedelta(days=1):
                marks.append(_mark(run))
                run = []
            run.append(row)
        marks.append(_mark(run))
    return tuple(sorted(marks, key=lambda mark: (mark.first_day, mark.names.en)))


def _mark(run: list[Row]) -> CalendarMark:
    return CalendarMark(run[0]["day"], run[-1]["day"], names_of(run[0]), run[0]["kind"], run[0]["expected_effect"])


def institutions_of(published: Published) -> tuple[Institution, ...]:
    """All institutions known, those of regions first."""
    return tuple(_institution(row) for row in published.rows("institutions"))


def _institution(row: Row) -> Institution:
    pages = (safe_link(page.strip()) for page in (row["source"] or "").split("|"))
    return Institution(names=names_of(row), links=tuple(page for page in pages if page), **_only(row, Institution))


def names_of(row: Mapping[str, Any], stem: str = "name") -> Names:
    """The three names of a row; a missing one is spoken by the Russian, then the English one."""
    spoken = row[f"{stem}_ru"] or row[f"{stem}_en"]
    return Names(one_line(row[f"{stem}_kk"] or spoken), one_line(spoken), one_line(row[f"{stem}_en"] or spoken))


def _only(row: Row, record: type[Any]) -> dict[str, Any]:
    """The entries of `row` that are fields of the dataclass `record`."""
    return {name: row[name] for name in record.__dataclass_fields__ if name in row}


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ReportError(f"The warehouse says fictional = {text!r}; only true and false are known: build it anew.")
    return text == "true"


def _listed(names: list[str] | str | None) -> list[str]:
    """Source names out of a list column, or out of one text with commas."""
    found = names.split(",") if isinstance(names, str) else names or []
    return [one_line(name) for name in found if name.strip()]
