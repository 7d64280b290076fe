"""Published tables as grids of text, and the names in them: a region, a people, a year, a number.

Statistical offices publish for eyes: titles above, notes below, names in three languages, blanks inside numbers. What
cannot be recognised is told with its row, never guessed.
"""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from warehouse.errors import WarehouseError
from warehouse.reference_files import COUNTRY

TOTAL: Final = "Total"
# The classifier, the largest of these files, is 1.5 MB as text; a workbook of more than this is no such table.
_LARGEST_MIB: Final = 100
_COUNTRY_NAMES: Final = (
    "республика казахстан", "казахстан", "қазақстан республикасы", "қазақстан", "republic of kazakhstan", "kazakhstan",
)  # fmt: skip
_TOTAL_NAMES: Final = (
    "total", "all", "population", "total population", "all population",
    "население", "всего", "итого", "все население", "население всего", "численность населения",
    "барлығы", "жиыны", "барлық халық", "бүкіл халық", "халық саны",
)  # fmt: skip
_KINDS: Final = re.compile(r"\b(?:область|обл|облысы|oblast|region|oblysy)\b|\b(?:город|г|қаласы|қ|city)\b")
_CITY: Final = re.compile(r"\b(?:город|г|қаласы|қ|city)\b")
_OBLAST: Final = re.compile(r"\b(?:область|обл|облысы|oblast|region|oblysy)\b")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class ReferenceRefused(WarehouseError):  # noqa: N818 - says what is, as its neighbours do
    """A file that was not loaded: which row, and why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a row; `row` counts from 1 as spreadsheet programs do, 0 for the whole file."""

    row: int
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.reason}" if self.row else self.reason


def refuse(path: Path, problems: Sequence[Problem]) -> ReferenceRefused:
    """One sentence for up to three problems, with the number of the others."""
    shown = "; ".join(str(problem) for problem in sorted(problems, key=lambda p: p.row)[:3])
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return ReferenceRefused(f"{path}: {shown}{more}; nothing was loaded, put the file right and import it again")


def read_grids(path: Path) -> list[list[list[str]]]:
    """A CSV file as one grid, a workbook as one a sheet; cells are stripped text, "" where empty."""
    if not path.is_file():
        raise ReferenceRefused(f"there is no file {path}; name a .csv or .xlsx file")
    if path.suffix.lower() == ".csv":
        return [_csv_grid(path)]
    if path.suffix.lower() == ".xlsx":
        return _workbook_grids(path)
    raise ReferenceRefused(f"{path}: only .csv and .xlsx are read; save it as one of these and import that")


def _csv_grid(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    if len(data) > _LARGEST_MIB << 20:
        raise ReferenceRefused(f"{path}: larger than {_LARGEST_MIB} MiB, no reference table is; name another file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1251")  # what Excel writes as CSV on Russian Windows
        except UnicodeDecodeError as error:
            raise ReferenceRefused(f"{path}: neither UTF-8 nor Windows-1251; save it as UTF-8") from error
    if "\0" in text:
        raise ReferenceRefused(f"{path}: no text; save the table as CSV in UTF-8")
    try:
        parsed = [list(csv.reader(io.StringIO(text, newline=""), delimiter=mark)) for mark in ",;\t"]
    except csv.Error as error:
        raise ReferenceRefused(f"{path}: no CSV ({error}); save the table as CSV again") from error
    return [[cell.strip() for cell in row] for row in max(parsed, key=_regularity)]


def _regularity(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many rows share one width above 1, and that width: largest for the mark that divides the cells."""
    widths = Counter(len(row) for row in rows[:200] if len(row) > 1)
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _workbook_grids(path: Path) -> list[list[list[str]]]:
    try:
        with zipfile.ZipFile(path) as book:
            size = sum(part.file_size for part in book.infolist())
        if size > _LARGEST_MIB << 20:
            raise ReferenceRefused(f"{path}: unpacks to more than {_LARGEST_MIB} MiB; no reference table does")
        sheets = pd.read_excel(path, sheet_name=None, header=None, dtype=object, engine="openpyxl")
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError) as error:  # XML errors are SyntaxErrors
        raise ReferenceRefused(f"{path}: no workbook that can be read ({error}); save it again as .xlsx") from error
    return [[[_cell(value) for value in row] for row in sheet.itertuples(index=False)] for sheet in sheets.values()]


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def number(text: str) -> int:
    """A count of persons. A dash is the sign for none (`-`, `–`); three dots or x hide a figure and are refused."""
    bare = re.sub(r"[\s\u00a0\u2009\u202f']", "", text)
    if bare in {"-", "–", "—"}:
        return 0
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", bare):
        bare = bare.replace(",", "")
    if re.fullmatch(r"[-–—]\d+", bare):
        raise ValueError(f"{text!r} is below zero")
    if not re.fullmatch(r"\d+", bare):
        raise ValueError(f"{text!r} is no count of persons" if bare else "an empty cell is no count; write 0 or -")
    return int(bare)


def has_digit(cells: Iterable[str]) -> bool:
    return any(any(sign.isdigit() for sign in cell) for cell in cells)


def years_in(text: str) -> set[int]:
    return {int(found) for found in _YEAR.findall(text)}


def column_name(index: int) -> str:
    """0 → A, 27 → AB, as spreadsheet programs call columns."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def plain(text: str) -> str:
    """Lower case, ё as е, one blank between words, no footnote marks, brackets or stops."""
    lowered = text.lower().replace("ё", "е").replace("\u00a0", " ")
    return " ".join(re.sub(r"[*.,:;()\"«»¹²³\d]", " ", lowered).split())


class RegionNames:
    """Names, codes and short forms of regions → region code; the country is `COUNTRY`."""

    def __init__(self, regions: Sequence[Mapping[str, str]]) -> None:
        self._exact: dict[str, str] = dict.fromkeys((*_COUNTRY_NAMES, *_TOTAL_NAMES), COUNTRY)
        self._bare: dict[str, set[str]] = {}
        self._kind = {region["region_code"]: region["kind"] for region in regions}
        self._codes: dict[str, str] = {COUNTRY: COUNTRY}
        for region in regions:
            code = region["region_code"]
            self._codes |= {code: code, region["kato"]: code}
            others = filter(None, region["other_names"].split("|"))
            for name in (region["name_kk"], region["name_ru"], region["name_en"], *others):
                self._exact.setdefault(plain(name), code)
                self._bare.setdefault(_bare(name), set()).add(code)
        self._exact.pop("almaty", None)  # English "Almaty" is the city in our table, the region in others

    def resolve(self, labels: Iterable[str]) -> dict[str, str]:
        """Each label that is a region, with its code. A bare `Алматы` is the one of its two that others leave over."""
        labels = list(labels)
        sure = {label: code for label in labels if (code := self._one(label))}
        taken = set(sure.values())
        for label in labels:
            if label in sure or not label:
                continue
            left = self._bare.get(_bare(label), set()) - taken if not _KINDS.search(plain(label)) else set()
            if len(left) == 1:
                sure[label] = left.pop()
        return sure

    def is_ambiguous(self, label: str) -> bool:
        return len(self._bare.get(_bare(label), ())) > 1

    def _one(self, label: str) -> str | None:
        if label.strip() in self._codes:
            return self._codes[label.strip()]
        text = plain(label)
        if text in self._exact:
            return self._exact[text]
        found = self._bare.get(_bare(label), set()) if text else set()
        for sign, kind in ((_CITY, "city"), (_OBLAST, "oblast")):
            if sign.search(text):
                found = {code for code in found if self._kind[code] == kind}
        return next(iter(found)) if len(found) == 1 else None


def _bare(name: str) -> str:
    return " ".join(_KINDS.sub(" ", plain(name)).split())


class GroupNames:
    """Names of peoples in Kazakh, Russian and English → `group_name`; the column of all is `TOTAL`."""

    def __init__(self, groups: Sequence[Mapping[str, str]]) -> None:
        self._names: dict[str, str] = dict.fromkeys((*_TOTAL_NAMES, *_COUNTRY_NAMES), TOTAL)
        self.ids = {group["group_name"]: group["group_id"] for group in groups}
        for group in groups:
            spellings = [group[key] for key in ("group_name", "name_kk", "name_ru", "name_en")]
            for name in (*spellings, *filter(None, group["other_names"].split("|"))):
                self._names.setdefault(plain(name), group["group_name"])

    def resolve(self, labels: Iterable[str]) -> dict[str, str]:
        return {label: self._names[plain(label)] for label in labels if plain(label) in self._names}


def known_labels(grid: Sequence[Sequence[str]], names: RegionNames | GroupNames) -> Iterator[tuple[int, int]]:
    """(row, how many different names stand in it), for rows that hold at least two."""
    for at, row in enumerate(grid):
        found = len(set(names.resolve(cell for cell in row if cell).values()))
        if found > 1:
            yield at, found
