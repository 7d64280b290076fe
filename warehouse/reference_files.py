"""Which reference files are in force: those shipped in `reference/`, and what was imported into the data folder.

An imported file stands beside the shipped one (a table of one more year) or in its place; it is one file, whole or
not there, so that taking an import back is deleting the file. Every row names its source.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import WarehouseError

SHIPPED: Final = Path(__file__).parent / "reference"
COUNTRY: Final = "KZ"  # stands for the whole country where a table has a region_code


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be imported. `yearly`: each year is a file of its own; of `latest` kinds only the last year counts."""

    table: str  # stem of the shipped file
    yearly: bool
    latest: bool
    title: str


KINDS: Final[Mapping[str, Kind]] = {
    "composition": Kind("region_group", True, False, "peoples by region, the Bureau's yearly table"),
    "population": Kind("region_population", True, False, "residents by region"),
    "settlements": Kind("settlement", True, True, "the state classifier KATO"),
    "borders": Kind("region_version", False, False, "regions with the days their borders and names hold"),
    "calendar": Kind("calendar", False, False, "feasts and memorial days"),
    "institutions": Kind("institution", False, False, "institutions and published numbers of them"),
}


@dataclass(frozen=True, slots=True)
class InForce:
    """One line of `shanyraq reference list`: rows of one table, year and file."""

    table: str
    year: str  # empty where rows carry no year
    rows: int
    origin: str  # shipped, or the path of the imported file
    source: str  # the row's own words, most frequent first; more than one are counted


def import_path(folder: Path, kind: str, year: int | None) -> Path:
    """Where an import lies: `composition-2026.csv`, `calendar.csv`."""
    return folder / (f"{kind}-{year}.csv" if KINDS[kind].yearly else f"{kind}.csv")


def imported(folder: Path, kind: str) -> list[Path]:
    """Imported files of a kind, earliest year first; the folder need not be there."""
    if not KINDS[kind].yearly:
        path = import_path(folder, kind, None)
        return [path] if path.is_file() else []
    return sorted(path for path in folder.glob(f"{kind}-*.csv") if re.fullmatch(rf"{kind}-\d{{4}}\.csv", path.name))


def files_in_force(folder: Path) -> dict[str, list[Path]]:
    """Table stem → its files, later ones over earlier ones. WarehouseError for an imported file of another shape."""
    files = {path.stem: [path] for path in sorted(SHIPPED.glob("*.csv"))}
    for name, kind in KINDS.items():
        found = imported(folder, name)
        expected = header(SHIPPED / f"{kind.table}.csv")
        for path in found:
            if header(path) != expected:
                raise WarehouseError(
                    f"{path} has other columns than this version reads ({', '.join(expected)}); delete it and import "
                    "the publication again"
                )
        if found:
            files[kind.table] = found[-1:] if kind.latest or not kind.yearly else [*files[kind.table], *found]
    return files


def header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as handle:
        return next(csv.reader(handle), [])


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of one of our own reference files, all text."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def list_in_force(folder: Path) -> Iterator[InForce]:
    """Every table, year and file in force; shipped rows that an import stands in place of are left out."""
    for table, paths in files_in_force(folder).items():
        by_file = [(path, rows_of(path)) for path in paths]
        last = {row.get("year", ""): path for path, rows in by_file for row in rows}
        for path, rows in by_file:
            years = sorted({row.get("year", "") for row in rows})
            for year in years:
                if last[year] != path:
                    continue
                mine = [row for row in rows if row.get("year", "") == year]
                yield InForce(
                    table,
                    year,
                    len(mine),
                    "shipped" if path.parent == SHIPPED else str(path),
                    _sources(mine),
                )
            if not rows:
                yield InForce(table, "", 0, "shipped", "not shipped: import the official file")


def _sources(rows: list[dict[str, str]]) -> str:
    if "source" not in rows[0]:
        return "this project"
    counted = Counter(row["source"] for row in rows).most_common()
    first = counted[0][0]
    return first if len(counted) == 1 else f"{first} and {len(counted) - 1} more"
