"""`shanyraq reference import`: a published table checked, then written whole into the data folder; or refused whole.

Shapes (CSV or XLSX; titles above and notes below the table are passed over):
composition  regions down and peoples across, or the other way round; a total for each region and a row for the
             country. Names in Kazakh, Russian or English.
population   regions down and years across, or columns region, year, population; a row for the country.
settlements  one row a unit of KATO: `te … name_kaz, name_rus` as the Bureau publishes it, or `kato, name_ru …`.
borders, calendar, institutions: the columns of the shipped file of that table, CSV.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from crawlers.layout import whole_file
from warehouse.calendar_days import days_of
from warehouse.reference_files import (
    COUNTRY,
    KINDS,
    SHIPPED,
    files_in_force,
    header,
    import_path,
    rows_of,
)
from warehouse.reference_grid import (
    TOTAL,
    GroupNames,
    Problem,
    ReferenceRefused,
    RegionNames,
    column_name,
    has_digit,
    known_labels,
    number,
    plain,
    read_grids,
    refuse,
    years_in,
)

REST: Final = "Small groups not listed (computed)"
FIRST_YEAR: Final = 1989  # the census before independence: the oldest table of these shapes
# Growth of the country in a year. Largest since 2000: +3.3 % (2021 to 2022, the census put right); thousands taken for
# persons, a quarter's table or a wrong year lie far outside.
_GROWTH: Final = (0.97, 1.05)

Row = dict[str, str]
Grid = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Written:
    """One file that an import wrote."""

    path: Path
    rows: int
    year: int | None
    replaced: bool  # an earlier import of the same kind and year


@dataclass(frozen=True, slots=True)
class InForceFacts:
    """What a new table is held against: known names, borders, and residents by year."""

    regions: Sequence[Row]
    groups: GroupNames
    region_sets: Sequence[frozenset[str]]
    residents: Mapping[int, int]
    by_region: Mapping[str, Mapping[tuple[str, int], int]]  # composition, population → (region, year) → persons

    @property
    def region_codes(self) -> frozenset[str]:
        return frozenset(region["region_code"] for region in self.regions)


@dataclass(slots=True)
class Found:
    """Counts found in a table: (region, people or year) → (persons, row), with what is wrong."""

    counts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    title: str = ""

    def add(self, region: str, key: str, text: str, row: int, where: str) -> None:
        try:
            persons = number(text)
        except ValueError as error:
            self.problems.append(Problem(row, f"{where}: {error}"))
            return
        if (region, key) in self.counts:
            before = self.counts[region, key][1]
            self.problems.append(
                Problem(row, f"{where}: a second time (first in row {before}); keep the part on all residents only")
            )
            return
        self.counts[region, key] = (persons, row)


def import_file(
    kind: str,
    file: Path,
    folder: Path,
    *,
    today: date,
    year: int | None = None,
    source: str | None = None,
    compute_rest: bool = False,
) -> list[Written]:
    """Check `file` and write it into `folder`; ReferenceRefused with row and reason, and nothing written, if not.

    `year` may be left out where the table says it. `source` is the sentence rows carry; default: title, file, hash.
    `compute_rest` puts what a region's groups fall short of its total into a group of its own, marked computed.
    """
    if kind not in KINDS:
        raise ReferenceRefused(f"{kind!r} is no kind of reference table; choose one of {', '.join(KINDS)}")
    if folder.resolve() == SHIPPED:
        raise ReferenceRefused(f"{folder} holds the shipped tables; import into another folder")
    facts = facts_in_force(folder)
    grids = read_grids(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]

    def sentence(title: str) -> str:
        return source or f"{title or KINDS[kind].title}; imported from {file.name}, sha256 {digest}"

    try:
        tables = _READERS[kind](grids, facts, year, today, sentence, compute_rest, file)
    except _Wrong as wrong:
        raise refuse(file, wrong.problems) from None
    return [_write(kind, folder, table_year, rows) for table_year, rows in tables]


class _Wrong(Exception):  # noqa: N818
    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


def facts_in_force(folder: Path) -> InForceFacts:
    """From the shipped tables and earlier imports."""
    files = files_in_force(folder)

    def rows(table: str) -> list[Row]:
        return [row for path in files[table] for row in rows_of(path)]

    versions = rows("region_version")
    changes = sorted({row["valid_from"] for row in versions if row["valid_from"]} | {str(date.min)})
    sets = {
        frozenset(
            row["region_code"]
            for row in versions
            if (row["valid_from"] or str(date.min)) <= day <= (row["valid_to"] or str(date.max))
        )
        for day in changes
    }
    last = {row["year"]: path for path in files["region_group"] for row in rows_of(path)}
    summed: Counter[tuple[str, int]] = Counter()
    for path in files["region_group"]:
        for row in rows_of(path):
            if row["region_code"] != COUNTRY and last[row["year"]] == path:
                summed[row["region_code"], int(row["year"])] += int(row["population"])
    counted = {(row["region_code"], int(row["year"])): int(row["population"]) for row in rows("region_population")}
    residents: Counter[int] = Counter()
    for (_, year), persons in {**summed, **counted}.items():
        residents[year] += persons
    return InForceFacts(
        regions=rows("region"),
        groups=GroupNames(rows("group")),
        region_sets=sorted(sets, key=len),
        residents=residents,
        by_region={"composition": summed, "population": counted},
    )


def _write(kind: str, folder: Path, year: int | None, rows: Sequence[Row]) -> Written:
    path = import_path(folder, kind, year)
    replaced = path.exists()
    with whole_file(path) as handle:
        writer = csv.DictWriter(handle, header(SHIPPED / f"{KINDS[kind].table}.csv"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return Written(path, len(rows), year, replaced)


# -- years ------------------------------------------------------------------------------------------------------------


def _year_of(title: str, asked: int | None, today: date) -> int:
    """The year asked for, or the one the title tells; refused where the two disagree, or it cannot be."""
    told = years_in(title)
    if asked is None:
        if len(told) != 1:
            raise _Wrong(Problem(0, "the table does not say its year, or several; say it with --year"))
        asked = told.pop()
    elif told and asked not in told:
        raise _Wrong(Problem(0, f"the table speaks of {', '.join(map(str, sorted(told)))}, not of {asked}"))
    if not FIRST_YEAR <= asked <= today.year:
        raise _Wrong(Problem(0, f"{asked} cannot be its year: from {FIRST_YEAR} to {today.year} is possible"))
    return asked


def _plausible_size(persons: int, year: int, facts: InForceFacts) -> list[Problem]:
    others = (other for other in facts.residents if other != year)
    near = min(others, key=lambda other: (abs(other - year), other), default=None)
    if near is None:
        return []
    before, span = facts.residents[near], abs(year - near)
    ratio = persons / before if year > near else before / persons if persons else 0.0
    if _GROWTH[0] ** span <= ratio <= _GROWTH[1] ** span:
        return []
    said = f"the country has {persons:,} residents in {year} here, {before:,} in {near} in force"
    return [Problem(0, f"{said}: another year, or not persons")]


def _fits_the_other(other: str, region: str, persons: int, row: int, year: int, facts: InForceFacts) -> list[Problem]:
    """Composition and population of one year tell the same residents, or a build would refuse them later."""
    known = facts.by_region[other].get((region, year), persons)
    if known == persons:
        return []
    said = f"{region}: {persons:,} residents in {year} here, {known:,} in the {other} table in force"
    return [Problem(row, f"{said}; if that one is out of date, delete its file first")]


def _regions_complete(
    found: set[str], facts: InForceFacts, year: int, problems: list[Problem], *, country: bool = True
) -> None:
    """Is there a row for each region of one of the maps, and for the country?"""
    if country and COUNTRY not in found:
        problems.append(Problem(0, "no row for the whole country, so the sums cannot be checked"))
    regions = frozenset(found - {COUNTRY})
    if regions in facts.region_sets:
        return
    missing = min((units - regions for units in facts.region_sets if regions <= units), key=len, default=None)
    lacking = sorted(facts.region_codes - regions) if missing is None else sorted(missing)
    names = {region["region_code"]: region["name_ru"] for region in facts.regions}
    listed = ", ".join(f"{code} {names.get(code, '')}".strip() for code in lacking)
    problems.append(Problem(0, f"{len(regions)} regions in {year}, missing: {listed}"))


# -- composition ------------------------------------------------------------------------------------------------------


def _composition(
    grids: Sequence[Grid],
    facts: InForceFacts,
    asked: int | None,
    today: date,
    sentence: Callable[[str], str],
    compute_rest: bool,
    file: Path,
) -> list[tuple[int | None, list[Row]]]:
    regions = RegionNames(facts.regions)
    found = max(
        (_cross_table(grid, regions, facts.groups) for grid in grids), key=lambda f: len(f.counts), default=Found()
    )
    if not found.counts and not found.problems:
        raise _Wrong(
            Problem(0, "no table of regions and peoples found: regions down, peoples across, or the other way round")
        )
    year = _year_of(found.title, asked, today)
    problems = [*found.problems]
    if not problems:
        _check_composition(found.counts, facts, year, problems, compute_rest=compute_rest)
    if problems:
        raise _Wrong(*problems)
    said = sentence(found.title)
    rows: list[Row] = []
    listed: Counter[str] = Counter()
    for (region, group), (persons, _) in sorted(found.counts.items()):
        if group != TOTAL:
            listed[region] += persons
        if group != TOTAL or region == COUNTRY:
            rows.append(_group_row(region, group, persons, year, said, "published", facts))
    if compute_rest:
        for region in sorted(listed):
            rest = found.counts[region, TOTAL][0] - listed[region]
            rows.append(_group_row(region, REST, rest, year, said, "computed", facts))
    return [(year, rows)]


def _group_row(region: str, group: str, persons: int, year: int, source: str, basis: str, facts: InForceFacts) -> Row:
    return {
        "region_code": region, "group_name": group, "group_id": facts.groups.ids.get(group, ""),
        "population": str(persons), "year": str(year), "source": source, "basis": basis,
    }  # fmt: skip


def _cross_table(grid: Grid, regions: RegionNames, groups: GroupNames) -> Found:
    """Regions × peoples in either direction; rows are told as they stand in the file."""
    across_groups = max(known_labels(grid, groups), key=lambda pair: pair[1], default=(0, 0))
    across_regions = max(known_labels(grid, regions), key=lambda pair: pair[1], default=(0, 0))
    down_regions = _label_column(grid, regions)
    if across_groups[1] and down_regions is not None and across_groups[1] >= across_regions[1]:
        return _read_cross(grid, across_groups[0], groups, down_regions, regions, regions_down=True)
    down_groups = _label_column(grid, groups)
    if across_regions[1] and down_groups is not None:
        return _read_cross(grid, across_regions[0], regions, down_groups, groups, regions_down=False)
    return Found()


def _label_column(grid: Grid, names: RegionNames | GroupNames) -> int | None:
    """The column with the most known names, at least two."""
    width = max((len(row) for row in grid), default=0)
    counts = [(len(names.resolve(row[at] for row in grid if len(row) > at and row[at])), -at) for at in range(width)]
    best = max(counts, default=(0, 0))
    return -best[1] if best[0] > 1 else None


def _read_cross(
    grid: Grid,
    head: int,
    across: RegionNames | GroupNames,
    label_at: int,
    down: RegionNames | GroupNames,
    *,
    regions_down: bool,
) -> Found:
    found = Found(title=_title(grid[:head]))
    labels = {at: _head_label(grid, head, at) for at in range(label_at + 1, max(len(row) for row in grid))}
    columns = across.resolve(filter(None, labels.values()))
    body = [(at + 1, row) for at, row in enumerate(grid) if at > head and has_digit(row[label_at + 1 :])]
    rows = down.resolve(row[label_at] for _, row in body if row[label_at])
    for at, label in labels.items():
        if label not in columns and has_digit(row[at] for _, row in body if len(row) > at):
            found.problems.append(Problem(head + 1, f"column {column_name(at)}: {_unknown(label, across)}"))
    for line, row in body:
        label = row[label_at]
        if label not in rows:
            found.problems.append(Problem(line, _unknown(label, down)))
            continue
        for at, head_label in labels.items():
            if head_label in columns:
                one, other = rows[label], columns[head_label]
                region, group = (one, other) if regions_down else (other, one)
                text = row[at] if len(row) > at else ""
                found.add(region, group, text, line, f"{label}, {head_label}")
    return found


def _head_label(grid: Grid, head: int, at: int) -> str:
    """A heading, or the one above it: a merged cell over two rows stands in its first."""
    for row in (grid[head], *reversed(grid[max(0, head - 2) : head])):
        if len(row) > at and row[at]:
            return row[at]
    return ""


def _title(rows: Grid) -> str:
    """The longest line above the table."""
    lines = [" ".join(dict.fromkeys(filter(None, row))) for row in rows]
    return max((" ".join(line.split()) for line in lines), key=len, default="")


def _unknown(label: str, names: RegionNames | GroupNames) -> str:
    if isinstance(names, RegionNames):
        if names.is_ambiguous(label):
            return f"{label!r} may be the region or the city; write which"
        return f"{label!r} is no region that is known" if label else "figures without a region's name"
    return f"{label!r} is no people that is known (table ref_group)" if label else "figures without a people's name"


def _check_composition(
    counts: Mapping[tuple[str, str], tuple[int, int]],
    facts: InForceFacts,
    year: int,
    problems: list[Problem],
    *,
    compute_rest: bool,
) -> None:
    """Complete, no sum that does not fit, no rest nobody asked for, and of a believable size."""
    regions = {region for region, _ in counts}
    _regions_complete(regions, facts, year, problems)
    if not any(group == TOTAL for _, group in counts):
        problems.append(Problem(0, "no total for the regions, so the sums cannot be checked"))
    if problems:
        return
    for region in sorted(regions):
        total, row = counts[region, TOTAL]
        problems.extend(_fits_the_other("population", region, total, row, year, facts))
        listed = sum(persons for (code, group), (persons, _) in counts.items() if code == region and group != TOTAL)
        if listed == total or (compute_rest and listed < total):
            continue
        hint = "; --compute-rest books the difference as groups not listed" if listed < total else ""
        problems.append(Problem(row, f"{region}: its groups add up to {listed:,}, its total says {total:,}{hint}"))
    for group in sorted({group for _, group in counts}):
        total, row = counts[COUNTRY, group]
        listed = sum(persons for (code, name), (persons, _) in counts.items() if name == group and code != COUNTRY)
        if listed != total:
            problems.append(Problem(row, f"{group}: the regions add up to {listed:,}, the country says {total:,}"))
    problems.extend(_plausible_size(counts[COUNTRY, TOTAL][0], year, facts))


# -- population -------------------------------------------------------------------------------------------------------

_REGION_HEADS: Final = ("область", "регион", "region", "region_code", "облыс", "өңір", "oblast")
_YEAR_HEADS: Final = ("год", "year", "жыл")


def _population(
    grids: Sequence[Grid],
    facts: InForceFacts,
    asked: int | None,
    today: date,
    sentence: Callable[[str], str],
    compute_rest: bool,
    file: Path,
) -> list[tuple[int | None, list[Row]]]:
    regions = RegionNames(facts.regions)
    found = max(
        (_residents(grid, regions, asked, today) for grid in grids), key=lambda f: len(f.counts), default=Found()
    )
    if not found.counts and not found.problems:
        raise _Wrong(Problem(0, "no table of residents by region found: regions down, years across"))
    problems = [*found.problems]
    years = sorted({int(key) for _, key in found.counts})
    if asked is not None and asked not in years and not problems:
        raise _Wrong(Problem(0, f"the table holds {', '.join(map(str, years))}, not {asked}"))
    tables: list[tuple[int | None, list[Row]]] = []
    for year in years if asked is None else [asked]:
        _year_of(str(year), year, today)
        mine = {region: cell for (region, key), cell in found.counts.items() if key == str(year)}
        _regions_complete(set(mine), facts, year, problems)
        if COUNTRY in mine:
            total, row = mine.pop(COUNTRY)
            listed = sum(persons for persons, _ in mine.values())
            if listed != total:
                problems.append(Problem(row, f"{year}: the regions add up to {listed:,}, the country says {total:,}"))
            problems.extend(_plausible_size(total, year, facts))
        for region, (persons, row) in mine.items():
            problems.extend(_fits_the_other("composition", region, persons, row, year, facts))
        said = sentence(found.title)
        rows = [
            {"region_code": region, "year": str(year), "population": str(persons), "source": said, "basis": "published"}
            for region, (persons, _) in sorted(mine.items())
        ]
        tables.append((year, rows))
    if problems:
        raise _Wrong(*problems)
    return tables


def _residents(grid: Grid, regions: RegionNames, asked: int | None, today: date) -> Found:
    for at, row in enumerate(grid):
        heads = [plain(cell) for cell in row]
        if len(row) >= 3 and heads[0] in _REGION_HEADS and heads[1] in _YEAR_HEADS:
            return _residents_long(grid, at, regions)
    label_at = _label_column(grid, regions)
    if label_at is None:
        return Found()
    known = regions.resolve(row[label_at] for row in grid if len(row) > label_at)
    first = next(at for at, row in enumerate(grid) if len(row) > label_at and row[label_at] in known)
    body = [(at + 1, row) for at, row in enumerate(grid) if at >= first and has_digit(row[label_at + 1 :])]
    width = max((len(row) for _, row in body), default=0)
    filled = [at for at in range(label_at + 1, width) if has_digit(row[at] for _, row in body if len(row) > at)]
    heads_of = {at: _head_label(grid, first - 1, at) if first else "" for at in filled}
    found = Found(title=_title(grid[:first]))
    if len(filled) == 1 and not years_in(heads_of[filled[0]]):
        try:
            years = {filled[0]: {_year_of(found.title, asked, today)}}
        except _Wrong as wrong:
            found.problems.extend(wrong.problems)
            return found
    else:
        years = {at: years_in(heads_of[at]) for at in filled}
    for at, told in years.items():
        if len(told) != 1:
            found.problems.append(Problem(max(first, 1), f"column {column_name(at)}: {heads_of[at]!r} is no year"))
    for line, row in body:
        label = row[label_at]
        if label not in known:
            found.problems.append(Problem(line, _unknown(label, regions)))
            continue
        for at, told in years.items():
            if len(told) == 1:
                (year,) = told
                found.add(known[label], str(year), row[at] if len(row) > at else "", line, f"{label}, {year}")
    return found


def _residents_long(grid: Grid, head: int, regions: RegionNames) -> Found:
    found = Found(title=_title(grid[:head]))
    body = [(at + 1, row) for at, row in enumerate(grid) if at > head and any(row)]
    known = regions.resolve(dict.fromkeys(row[0] for _, row in body if row))
    for line, row in body:
        if row[0] not in known:
            found.problems.append(Problem(line, _unknown(row[0], regions)))
        elif len(row) < 3 or not re.fullmatch(r"\d{4}", row[1]):
            found.problems.append(Problem(line, f"{row[1] if len(row) > 1 else ''!r} is no year"))
        else:
            whole = re.sub(r"\.0+$", "", row[2])  # counts that a program wrote as decimals
            found.add(known[row[0]], row[1], whole, line, f"{row[0]}, {row[1]}")
    return found


# -- settlements ------------------------------------------------------------------------------------------------------

_KATO_COLUMNS: Final = {
    "kato": ("kato", "te", "code", "код"),
    "name_ru": ("name_ru", "name_rus", "rus_name"),
    "name_kk": ("name_kk", "name_kaz", "kaz_name"),
    "kind": ("kind", "type"),
    "level": ("level",),
    "parent_kato": ("parent_kato", "parent"),
}


def _settlements(
    grids: Sequence[Grid],
    facts: InForceFacts,
    asked: int | None,
    today: date,
    sentence: Callable[[str], str],
    compute_rest: bool,
    file: Path,
) -> list[tuple[int | None, list[Row]]]:
    told = years_in(re.sub(r"\D", " ", file.stem))
    year = _year_of("" if asked else " ".join(map(str, told)), asked, today)
    for grid in grids:
        for at, row in enumerate(grid[:10]):
            columns = {
                name: next((i for i, cell in enumerate(row) if cell.lower() in spellings), -1)
                for name, spellings in _KATO_COLUMNS.items()
            }
            if columns["kato"] >= 0 and columns["name_ru"] >= 0:
                return [(year, _units(grid, at, columns, facts, year, sentence("")))]
    raise _Wrong(Problem(0, "no columns te and name_rus, or kato and name_ru, in the first ten rows"))


def _units(grid: Grid, head: int, columns: Mapping[str, int], facts: InForceFacts, year: int, source: str) -> list[Row]:
    problems: list[Problem] = []
    units: dict[str, Row] = {}
    lines: dict[str, int] = {}

    def cell(row: Sequence[str], name: str) -> str:
        return row[columns[name]] if 0 <= columns[name] < len(row) else ""

    for at, row in enumerate(grid[head + 1 :], start=head + 2):
        if not any(row):
            continue
        code = cell(row, "kato")
        if not re.fullmatch(r"\d{9}", code):
            problems.append(Problem(at, f"{code!r} is no code of nine digits"))
        elif code in units:
            problems.append(Problem(at, f"{code} a second time (first in row {lines[code]})"))
        elif f"KZ-{code[:2]}" not in facts.region_codes:
            problems.append(Problem(at, f"{code} begins with {code[:2]}, which is no region that is known"))
        elif not cell(row, "name_ru"):
            problems.append(Problem(at, f"{code} has no Russian name"))
        else:
            lines[code] = at
            units[code] = {name: cell(row, name) for name in _KATO_COLUMNS} | {
                "region_code": f"KZ-{code[:2]}", "year": str(year), "source": source,
            }  # fmt: skip
    for region in facts.regions:
        if f"{region['region_code'][3:]}0000000" not in units and not problems:
            problems.append(Problem(0, f"no row for the region {region['region_code']} {region['name_ru']}"))
    for code, unit in units.items():
        if unit["parent_kato"] in ("", code):
            unit["parent_kato"] = _parent(code, units)
        elif unit["parent_kato"] not in units:
            problems.append(Problem(lines[code], f"{code} belongs to {unit['parent_kato']}, which is not in the file"))
        if unit["level"] and unit["level"] not in {"1", "2", "3", "4", "5", "6"}:
            problems.append(Problem(lines[code], f"{code}: {unit['level']!r} is no level"))
    if problems:
        raise _Wrong(*problems)
    for code, unit in units.items():
        chain = _chain(code, units)
        if chain is None:
            raise _Wrong(Problem(lines[code], f"{code} belongs to itself by way of its parents"))
        unit["level"] = unit["level"] or str(len(chain))
        unit["district_kato"] = chain[-2] if len(chain) > 1 else ""
    return [units[code] for code in sorted(units)]


def _parent(code: str, units: Mapping[str, Row]) -> str:
    """The nearest unit whose code is this one's with zeros at the end: village, rural district, district, region."""
    above = (code[:digits].ljust(9, "0") for digits in (6, 4, 2))
    return next((upper for upper in above if upper != code and upper in units), "")


def _chain(code: str, units: Mapping[str, Row]) -> list[str] | None:
    """The unit and all above it; None for a circle."""
    chain = [code]
    while parent := units[chain[-1]]["parent_kato"]:
        if parent in chain:
            return None
        chain.append(parent)
    return chain


# -- tables of our own shape ------------------------------------------------------------------------------------------


def _own_table(kind: str, check: Callable[[list[Row], InForceFacts, list[Problem]], None]) -> _Reader:
    def read(
        grids: Sequence[Grid],
        facts: InForceFacts,
        asked: int | None,
        today: date,
        sentence: Callable[[str], str],
        compute_rest: bool,
        file: Path,
    ) -> list[tuple[int | None, list[Row]]]:
        columns = header(SHIPPED / f"{KINDS[kind].table}.csv")
        grid = grids[0] if grids else []
        if not grid or list(grid[0]) != columns:
            raise _Wrong(Problem(1, f"the columns must be {', '.join(columns)}"))
        problems = [
            Problem(at, f"{len(row)} cells, {len(columns)} columns")
            for at, row in enumerate(grid[1:], start=2)
            if any(row) and len(row) != len(columns)
        ]
        # Line numbers stay those of the file: empty rows are kept until here.
        rows = [dict(zip(columns, row, strict=False)) for row in grid[1:]]
        for at, row in enumerate(rows, start=2):
            if any(row.values()) and not row.get("source"):
                problems.append(Problem(at, "no source"))
        if not problems:
            check(rows, facts, problems)
        if problems:
            raise _Wrong(*problems)
        kept = [row for row in rows if any(row.values())]
        if not kept:
            raise _Wrong(Problem(0, "no rows"))
        return [(None, kept)]

    return read


def _check_borders(rows: list[Row], facts: InForceFacts, problems: list[Problem]) -> None:
    spans: dict[str, list[tuple[date, date, int]]] = defaultdict(list)
    for at, row in enumerate(rows, start=2):
        if not any(row.values()):
            continue
        for name in ("region_code", "split_from"):
            if row[name] not in facts.region_codes and (row[name] or name == "region_code"):
                problems.append(Problem(at, f"{row[name]!r} is no region that is known"))
        try:
            first = date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min
            last = date.fromisoformat(row["valid_to"]) if row["valid_to"] else date.max
        except ValueError:
            problems.append(Problem(at, "valid_from and valid_to are days as 2022-06-08, or empty"))
            continue
        if last < first:
            problems.append(Problem(at, f"it ends on {last}, before it begins"))
        for other_first, other_last, line in spans[row["region_code"]]:
            if first <= other_last and other_first <= last:
                problems.append(Problem(at, f"{row['region_code']} holds at the same time in row {line}"))
        spans[row["region_code"]].append((first, last, at))
    for code in sorted(facts.region_codes):
        if sum(last == date.max for _, last, _ in spans[code]) != 1:
            problems.append(Problem(0, f"{code}: not exactly one row without valid_to, the one that holds today"))


def _check_calendar(rows: list[Row], facts: InForceFacts, problems: list[Problem]) -> None:
    seen: set[tuple[str, str]] = set()
    for at, row in enumerate(rows, start=2):
        if not any(row.values()):
            continue
        rule = row["day_rule"]
        try:  # a leap year, so that 02-29 is a day
            known = "day set each year" in rule or any(days_of(rule, date(2000, 1, 1), date(2000, 12, 31)))
            known = known or (re.fullmatch(r"\d{4}-\d{2}-\d{2}", rule) is not None and bool(date.fromisoformat(rule)))
        except ValueError:
            known = False
        if not known:
            problems.append(
                Problem(at, f"{rule!r} is no day: 05-01, 03-21..03-23, 2026-05-27, or '… day set each year'")
            )
        if (rule, row["name_en"]) in seen:
            problems.append(Problem(at, f"{row['name_en']} on {rule} a second time"))
        seen.add((rule, row["name_en"]))


def _check_institutions(rows: list[Row], facts: InForceFacts, problems: list[Problem]) -> None:
    for at, row in enumerate(rows, start=2):
        if row.get("region_code") and row["region_code"] not in facts.region_codes:
            problems.append(Problem(at, f"{row['region_code']!r} is no region that is known"))


_Reader = Callable[
    [Sequence[Grid], InForceFacts, int | None, date, Callable[[str], str], bool, Path],
    list[tuple[int | None, list[Row]]],
]
_READERS: Final[Mapping[str, _Reader]] = {
    "composition": _composition,
    "population": _population,
    "settlements": _settlements,
    "borders": _own_table("borders", _check_borders),
    "calendar": _own_table("calendar", _check_calendar),
    "institutions": _own_table("institutions", _check_institutions),
}
