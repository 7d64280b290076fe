"""The weekly audit: a random sample of stories for a person to read, and what the person said of them.

Draw: `draw` writes a sheet (texts, empty labels) and beside it the draw (which article stands for how many stories).
Load: `load` takes the filled sheet, refuses it whole if a row is wrong, and keeps labels only, for the next build.
The sheet does not say what the classifier said: a person who knew would agree too often.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from crawlers.layout import World, whole_file
from warehouse.errors import WarehouseError
from warehouse.query import Answer, open_warehouse, write_csv
from warehouse.signals import week_start
from warehouse.steps import FOLDER

SIZE: Final = 100  # half a day's reading; ten weeks of it give a region's interval its final width (bench/coverage.py)
TEXT_LENGTH: Final = 600  # characters shown: what a story is about stands in its first two paragraphs
CODES: Final = ("yes", "no", "unsure")
GENERAL: Final = "attention"  # relations between peoples in Kazakhstan: every other indicator is a part of it
_GIVEN: Final = ("article_id", "week", "link", "headline", "text")
_SHOWN_ROWS: Final = 10


class AuditError(WarehouseError):
    """A sample that cannot be drawn, or a sheet that was not loaded."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story that can be drawn, by its earliest copy."""

    article_id: str
    series: str
    flagged: bool  # the classifier counts it to an indicator
    link: str | None
    headline: str | None
    text: str

    @property
    def stratum(self) -> str:
        return f"{self.series} {'flagged' if self.flagged else 'passed'}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line of the draw: the article stands for its share of the `stratum_stories` stories of its stratum."""

    article_id: str
    week: str
    stratum: str
    stratum_stories: int


@dataclass(frozen=True, slots=True)
class Label:
    """A line of the loaded labels; `labels` holds (indicator, yes or no), without those the person was unsure of."""

    drawn: Drawn
    labels: tuple[tuple[str, bool], ...]

    def to_json(self) -> str:
        labels = [{"indicator": indicator, "judged": judged} for indicator, judged in self.labels]
        return json.dumps({**asdict(self.drawn), "labels": labels}, separators=(",", ":"))


# -- draw -------------------------------------------------------------------------------------------------------------


def allocate(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """Equal shares of `total` a stratum; what a small one cannot fill goes to the others, in order of name.

    Equal, not proportional: in proportion a hundred of ten thousand stories would hold three the classifier counts.
    """
    shares = dict.fromkeys(sorted(sizes), 0)
    left = min(total, sum(sizes.values()))
    while left:
        for stratum in shares:
            if left and shares[stratum] < sizes[stratum]:
                shares[stratum] += 1
                left -= 1
    return shares


def rank(week: str, article_id: str) -> str:
    """The random number of an article in a week's draw: the week is the seed, so a draw can be made again."""
    return hashlib.sha256(f"{week} {article_id}".encode()).hexdigest()


def choose(week: str, candidates: Iterable[Candidate], size: int) -> tuple[list[Candidate], list[Drawn]]:
    """A stratified random sample, in random order, and its draw. Pure; a larger `size` holds the smaller sample."""
    ordered = sorted(candidates, key=lambda candidate: rank(week, candidate.article_id))
    strata: dict[str, list[Candidate]] = {}
    for candidate in ordered:
        strata.setdefault(candidate.stratum, []).append(candidate)
    shares = allocate({name: len(members) for name, members in strata.items()}, size)
    wanted = {candidate.article_id for name, members in strata.items() for candidate in members[: shares[name]]}
    chosen = [candidate for candidate in ordered if candidate.article_id in wanted]
    return chosen, [Drawn(c.article_id, week, c.stratum, len(strata[c.stratum])) for c in chosen]


def sheet(week: str, chosen: Sequence[Candidate], indicators: Sequence[str]) -> Answer:
    """The sheet a person fills: a row a story, an empty column an indicator. No source, no author, no classifier."""
    columns = (*_GIVEN, *indicators)
    empty = ("",) * len(indicators)
    rows = [(c.article_id, week, c.link, c.headline, _short(c.text), *empty) for c in chosen]
    return Answer(columns, rows)


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1].rstrip() + "…"


def draw(world: World, week: str, size: int = SIZE, to: Path | None = None) -> Path:
    """Write the week's sheet (readable by its owner alone: it holds texts) and its draw; the sheet's path.

    AuditError if the week has no stories, or was judged already and the draw would change.
    """
    if size < 1:
        raise AuditError(f"a sample of {size} stories is none; ask for one or more with --size")
    with open_warehouse(world.build) as connection:
        try:
            indicators = _indicators(connection)
            query = (FOLDER / "sheets" / "audit.sql").read_text("utf-8")
            columns = ("series", "flagged", "article_id", "link", "headline", "text")
            rows = connection.execute(query, {"week": week}).fetchall()
            candidates = [Candidate(**dict(zip(columns, row, strict=True))) for row in rows]
        except duckdb.CatalogException as error:
            raise AuditError(f"{world.build} was made by an older version; run `shanyraq build` first") from error
    if not candidates:
        raise AuditError(f"no story of {week} can be counted in {world.build}; choose a week with data, as 2026-W22")
    chosen, drawn = choose(week, candidates, size)
    if (world.audit_labels / f"{week}.jsonl").exists() and drawn != _read_draw(world, week):
        raise AuditError(
            f"{week} was judged already and would be drawn differently now; draw another week, or delete "
            f"{world.audit_labels / f'{week}.jsonl'} to begin it again"
        )
    path = to or world.audit_sheets / f"{week}.csv"
    world.audit_sheets.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = io.StringIO()
    write_csv(sheet(week, chosen, indicators), text)
    with whole_file(path) as handle:
        handle.write("\ufeff" + text.getvalue())  # the byte-order mark lets Excel read Cyrillic
    path.chmod(0o600)
    with whole_file(world.audit_draws / f"{week}.jsonl") as handle:
        handle.writelines(json.dumps(asdict(line), separators=(",", ":")) + "\n" for line in drawn)
    return path


def _indicators(connection: duckdb.DuckDBPyConnection) -> list[str]:
    names = connection.execute("SELECT indicator FROM ref_indicator").fetchall()
    return sorted((name for (name,) in names), key=lambda name: (name != GENERAL, name))  # the general question first


def _read_draw(world: World, week: str) -> list[Drawn]:
    path = world.audit_draws / f"{week}.jsonl"
    if not path.exists():
        raise AuditError(f"no sample of {week} was drawn in {world.folder}; `shanyraq audit draw` draws it")
    return [Drawn(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


# -- load -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `load` did: stories judged in the sheet, rows still empty, and all judged of the week now."""

    week: str
    judged: int
    empty: int
    week_total: int


def load(world: World, path: Path) -> Loaded:
    """Keep the labels of a filled sheet, in place of earlier ones of the same articles.

    AuditError naming each bad row and its reason, with nothing loaded.
    """
    rows = _read_sheet(path)
    weeks = sorted({row.get("week") or "" for _, row in rows})
    if len(weeks) != 1 or not is_week(weeks[0]):
        said = ", ".join(repr(week) for week in weeks) or "none"
        raise AuditError(f"{path}: a sheet is of one ISO week, this one says {said}; nothing was loaded")
    week = weeks[0]
    drawn = {line.article_id: line for line in _read_draw(world, week)}
    with open_warehouse(world.build) as connection:
        indicators = _indicators(connection)
    labels, problems = read_labels(rows, drawn, indicators)
    if problems:
        more = f" and {len(problems) - _SHOWN_ROWS} more" if len(problems) > _SHOWN_ROWS else ""
        raise AuditError(f"{path}: nothing was loaded. {'; '.join(problems[:_SHOWN_ROWS])}{more}")
    if not labels:
        raise AuditError(f"{path}: no row is filled in; write {', '.join(CODES)} under each indicator")
    target = world.audit_labels / f"{week}.jsonl"
    kept = _earlier(target)
    kept |= {label.drawn.article_id: label.to_json() for label in labels}
    with whole_file(target) as handle:
        handle.writelines(kept[key] + "\n" for key in sorted(kept))
    return Loaded(week, len(labels), len(rows) - len(labels), len(kept))


def _earlier(path: Path) -> dict[str, str]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {json.loads(line)["article_id"]: line for line in lines}


def is_week(text: str) -> bool:
    """Does the ISO week exist, written as 2026-W22?"""
    try:
        week_start(text)
    except ValueError:
        return False
    return True


def _read_sheet(path: Path) -> list[tuple[int, dict[str, str]]]:
    """(row number as a spreadsheet counts, row); comma or, as Excel writes it here, semicolon."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AuditError(f"{path}: not UTF-8; save it as `CSV UTF-8`; nothing was loaded") from error
    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    try:
        rows = [dict(row) for row in reader]
    except csv.Error as error:
        raise AuditError(f"{path}: row {reader.line_num} is no CSV ({error}); nothing was loaded") from error
    if missing := [name for name in ("article_id", "week") if name not in (reader.fieldnames or [])]:
        raise AuditError(f"{path}: the column {missing[0]} is missing; fill in the sheet as drawn; nothing was loaded")
    return [(number, row) for number, row in enumerate(rows, start=2)]


def read_labels(
    rows: Sequence[tuple[int, Mapping[str, Any]]], drawn: Mapping[str, Drawn], indicators: Sequence[str]
) -> tuple[list[Label], list[str]]:
    """Labels of the filled rows, and a sentence a bad row. An empty row is one that waits. Pure."""
    labels: list[Label] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, row in rows:
        article_id = (row.get("article_id") or "").strip()
        said = {name: (row.get(name) or "").strip().lower() for name in indicators}
        if reason := _wrong(article_id, row, said, drawn, seen):
            problems.append(f"row {number}: {reason}")
            continue
        seen[article_id] = number
        if any(said.values()):
            known = tuple((name, code == "yes") for name, code in said.items() if code != "unsure")
            labels.append(Label(drawn[article_id], known))
    return labels, problems


def _wrong(
    article_id: str,
    row: Mapping[Any, Any],
    said: Mapping[str, str],
    drawn: Mapping[str, Drawn],
    seen: Mapping[str, int],
) -> str | None:
    if article_id not in drawn:
        return f"{article_id!r} is no article of this week's sample"
    if article_id in seen:
        return f"{article_id} stands in row {seen[article_id]} already"
    if None in row:
        return "more cells than the sheet has columns"
    if missing := [name for name in said if name not in row]:
        return f"the column {missing[0]} is missing"
    filled = {name: code for name, code in said.items() if code}
    for name, code in filled.items():
        if code not in CODES:
            return f"{name} says {code!r}, which is none of {', '.join(CODES)}"
    if filled and len(filled) < len(said):
        return f"{next(name for name in said if name not in filled)} is empty; judge all indicators of a story or none"
    if said.get(GENERAL) == "no" and (part := next((name for name, code in said.items() if code == "yes"), None)):
        return f"{part} says yes and {GENERAL} no, but {part} is about relations between peoples, as {GENERAL} is"
    return None
