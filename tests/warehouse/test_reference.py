"""Reference data: what is shipped, next year's publication as one command, tables that do not fit, borders over time."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import hand_world
import pytest
from hand_world import MODEL_INFO, HandWorld, Item, clash_world, source
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.layout import World
from warehouse.build import build
from warehouse.errors import WarehouseError
from warehouse.reference_files import COUNTRY, KINDS, SHIPPED, files_in_force, list_in_force, rows_of
from warehouse.reference_grid import TOTAL, ReferenceRefused, RegionNames, number
from warehouse.reference_import import REST, facts_in_force, import_file

Make = Callable[[HandWorld], World]
Grid = list[list[str]]
TODAY = date(2026, 11, 24)
REGIONS = rows_of(SHIPPED / "region.csv")
GROUPS = [row for row in rows_of(SHIPPED / "group.csv") if row["group_name"] != REST]
SHARED = Path(__file__).parents[3] / "shared"
SHAPES = ["csv", "windows", "xlsx", "across", "two rows of heads", "short names"]
# Windows-1251 has no Kazakh letters; our English names are short already.
SHAPES_AND_LANGUAGES = [
    (shape, language)
    for shape in SHAPES
    for language in ("ru", "kk", "en")
    if (shape, language) not in {("windows", "kk"), ("short names", "en")}
]


def composition(language: str = "ru") -> Grid:
    """A table of 2026 as the Bureau publishes it: that of 2025 and one person more in every cell, rest with `Other`."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows_of(SHIPPED / "region_group.csv"):
        name = "Other" if row["group_name"] == REST else row["group_name"]
        key = (row["region_code"], name)
        counts[key] = counts.get(key, 0) + int(row["population"]) + (row["group_name"] != REST)
    names = [group for group in GROUPS if ("KZ-10", group["group_name"]) in counts]
    title = {
        "ru": "Численность населения по отдельным этносам на начало 2026 года",
        "kk": "2026 жыл басындағы халықтың жекелеген этностар бойынша саны",
        "en": "Population by ethnic groups at the beginning of 2026",
    }[language]
    country = {"ru": "Республика Казахстан", "kk": "Қазақстан Республикасы", "en": "Republic of Kazakhstan"}[language]
    every = {"ru": "Все население", "kk": "Барлық халық", "en": "Total"}[language]

    def line(label: str, codes: Sequence[str]) -> list[str]:
        cells = [sum(counts[code, group["group_name"]] for code in codes) for group in names]
        return [label, *(f"{cell:,}".replace(",", " ") for cell in (sum(cells), *cells))]

    codes = [region["region_code"] for region in REGIONS]
    head = ["", every, *(group[f"name_{language}"] for group in names)]
    body = [line(country, codes), *(line(region[f"name_{language}"], [region["region_code"]]) for region in REGIONS)]
    width = len(head)
    return [[title, *[""] * (width - 1)], head, *body, ["* предварительные данные", *[""] * (width - 1)]]


def write_csv(path: Path, grid: Sequence[Sequence[str]], *, encoding: str = "utf-8", mark: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as handle:
        csv.writer(handle, delimiter=mark).writerows(grid)
    return path


def write_xlsx(path: Path, *sheets: Sequence[Sequence[str]]) -> Path:
    """Numbers as numbers, as a statistical office saves them."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for number_of, grid in enumerate(sheets):
        sheet = book.create_sheet(f"{number_of}")
        for row in grid:
            bare = [cell.replace(" ", "") for cell in row]
            sheet.append([int(b) if b.isdigit() else cell or None for b, cell in zip(bare, row, strict=True)])
    book.save(path)
    return path


def load(kind: str, path: Path, folder: Path, **options: Any) -> list[dict[str, str]]:
    return [row for written in import_file(kind, path, folder, today=TODAY, **options) for row in rows_of(written.path)]


def facts(rows: Sequence[Mapping[str, str]]) -> set[tuple[str, str, str, str]]:
    return {(row["region_code"], row["group_name"], row["population"], row["year"]) for row in rows}


# -- shipped ----------------------------------------------------------------------------------------------------------


def test_every_shipped_table_names_its_source_and_no_two_files_are_a_table() -> None:
    files = files_in_force(Path("/nonexistent"))
    assert {paths[0].stem for paths in files.values()} == {path.stem for path in SHIPPED.glob("*.csv")}
    for table in set(files) - {"indicator"}:  # indicators are defined here, not found
        unsourced = [row for row in rows_of(files[table][0]) if not row["source"].strip()]
        assert not unsourced, table
        assert "same" not in {row["source"] for row in rows_of(files[table][0])}, table
    known = {group["group_name"] for group in rows_of(SHIPPED / "group.csv")}
    for table in ("region_group", "district_group"):
        assert {row["group_name"] for row in rows_of(SHIPPED / f"{table}.csv")} <= known


def test_regions_by_day_are_sixteen_then_seventeen_then_twenty() -> None:
    sets = facts_in_force(Path("/nonexistent")).region_sets
    assert [len(units) for units in sets] == [16, 17, 20]
    assert sets[1] - sets[0] == {"KZ-79"}
    assert sets[2] - sets[1] == {"KZ-10", "KZ-33", "KZ-62"}


def test_incidents_name_no_person_and_no_side() -> None:
    for row in rows_of(SHIPPED / "incident.csv"):
        assert row["peoples"].split(" | ") == sorted(row["peoples"].split(" | "))
        assert (row["certainty"] == "low") <= (row["usable"] == "false")
        assert row["first_day"] <= row["last_day"]
    text = (SHIPPED / "incident.csv").read_text("utf-8")
    assert "brothers" not in text and "b.19" not in text


# -- composition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "language"), SHAPES_AND_LANGUAGES)
def test_one_table_in_every_shape_loads_alike(language: str, shape: str, tmp_path: Path) -> None:
    grid = composition(language)
    if shape == "windows":
        for row in grid:
            row[0] = row[0].replace("Ұлытау", "Улытау")
        path = write_csv(tmp_path / "t.csv", grid, encoding="cp1251", mark=";")
    elif shape == "xlsx":
        path = write_xlsx(tmp_path / "t.xlsx", [["Содержание", ""], ["1", ""]], grid)
    elif shape == "across":
        turned = [list(column) for column in zip(*grid[1:-1], strict=True)]
        path = write_csv(tmp_path / "t.csv", [[grid[0][0]], [], *turned], mark="\t")
    elif shape == "two rows of heads":
        head = grid[1]
        upper = [head[0], head[1], "в том числе", *[""] * (len(head) - 3)]
        path = write_csv(tmp_path / "t.csv", [grid[0], upper, ["", "", *head[2:]], *grid[2:]])
    elif shape == "short names":
        for row in grid[3:-1]:
            for word in ("область ", " область", " облысы"):
                row[0] = row[0].replace(word, "")
            row[0] = row[0].replace("город ", "г. ")
        path = write_csv(tmp_path / "t.csv", grid)
    else:
        path = write_csv(tmp_path / "t.csv", grid)
    rows = load("composition", path, tmp_path / "reference")
    reference = load("composition", write_csv(tmp_path / "r.csv", composition()), tmp_path / "other")
    assert facts(rows) == facts(reference)
    assert len(rows) == 20 * 41 + 42
    assert {row["year"] for row in rows} == {"2026"}
    assert all("sha256" in row["source"] and path.name in row["source"] for row in rows)


def spoilt(change: Callable[[Grid], object]) -> Grid:
    grid = composition()
    change(grid)
    return grid


def at(row: int, column: int, text: str) -> Callable[[Grid], object]:
    return lambda grid: grid[row - 1].__setitem__(column, text)


BAD_COMPOSITIONS: dict[str, tuple[Callable[[Grid], object], str]] = {
    "sum": (at(5, 3, "94 653"), "row 5: KZ-11: its groups add up to"),
    "country's sum": (lambda g: (at(3, 1, "20 284 220")(g), at(3, 2, "14 457 730")(g)), "row 3: Kazakh: the regions"),
    "unknown region": (at(6, 0, "Семипалатинская область"), "row 6: 'Семипалатинская область' is no region"),
    "unknown people": (at(2, 4, "марсиане"), "row 2: column E: 'марсиане' is no people"),
    "below zero": (at(7, 4, "-5"), "row 7: Алматинская область, узбеки: '-5' is below zero"),
    "hidden": (at(7, 4, "x"), "row 7: .*'x' is no count"),
    "empty": (at(7, 4, ""), "row 7: .*an empty cell is no count"),
    "no whole number": (at(7, 4, "12.5"), "row 7: .*'12.5' is no count"),
    "twice": (lambda g: g.insert(8, list(g[7])), r"row 9: .*a second time \(first in row 8\)"),
    "region missing": (lambda g: g.pop(4), "19 regions in 2026, missing: KZ-11 Акмолинская область"),
    "no country": (lambda g: g.pop(2), "no row for the whole country"),
    "no total": (lambda g: [row.pop(1) for row in g], "no total for the regions"),
    "figures without a name": (at(6, 0, ""), "row 6: figures without a region's name"),
    "no year": (at(1, 0, "Численность населения"), "does not say its year"),
    "years": (at(1, 0, "на начало 2025 и 2026 годов"), "does not say its year, or several"),
    "future": (at(1, 0, "на начало 2031 года"), "2031 cannot be its year"),
    "no table": (lambda g: g.clear(), "no table of regions and peoples"),
    "wrong year": (at(1, 0, "на начало 2012 года"), "another year, or not persons"),
}


@pytest.mark.parametrize("name", BAD_COMPOSITIONS)
def test_a_composition_that_does_not_fit_is_refused_with_row_and_reason(name: str, tmp_path: Path) -> None:
    change, reason = BAD_COMPOSITIONS[name]
    path = write_csv(tmp_path / "t.csv", spoilt(change))
    with pytest.raises(ReferenceRefused, match=reason) as refused:
        load("composition", path, tmp_path / "reference")
    assert "nothing was loaded" in str(refused.value)
    assert not (tmp_path / "reference").exists()


@given(row=st.integers(2, 22), column=st.integers(1, 42), change=st.integers(1, 10**6))
@settings(max_examples=25, deadline=None)
def test_no_single_changed_figure_passes(row: int, column: int, change: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        grid = composition()
        column = min(column, len(grid[1]) - 1)
        grid[row][column] = str(number(grid[row][column]) + change)
        path = write_csv(Path(folder) / "t.csv", grid)
        with pytest.raises(ReferenceRefused, match=rf"row (?:{row + 1}|3): "):
            load("composition", path, Path(folder) / "reference")


def test_a_year_asked_for_must_be_the_tables_and_a_rest_is_booked_only_when_asked(tmp_path: Path) -> None:
    grid = composition()
    other = grid[1].index("другие этносы")
    path = write_csv(tmp_path / "t.csv", [row[:other] + row[other + 1 :] for row in grid])
    folder = tmp_path / "reference"
    with pytest.raises(ReferenceRefused, match="speaks of 2026, not of 2025"):
        load("composition", path, folder, year=2025)
    with pytest.raises(ReferenceRefused, match="--compute-rest books the difference"):
        load("composition", path, folder)
    rows = load("composition", path, folder, compute_rest=True, source="Bureau, table 7")
    rest = {row["region_code"]: int(row["population"]) for row in rows if row["basis"] == "computed"}
    assert rest[COUNTRY] == sum(count for code, count in rest.items() if code != COUNTRY) > 0
    assert {row["source"] for row in rows} == {"Bureau, table 7"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.xlsx", b"PK\x03\x04 no workbook", "no workbook that can be read"),
        ("t.xls", b"\xd0\xcf\x11\xe0", "only .csv and .xlsx are read"),
        ("t.csv", b"\x00\x01\x02", "no text"),
        ("t.csv", b"", "no table of regions and peoples"),
        ("t.csv", b"\x98\xff\x00", "neither UTF-8 nor Windows-1251"),
    ],
)
def test_a_file_that_is_no_table_is_one_sentence(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReferenceRefused, match=reason):
        load("composition", tmp_path / name, tmp_path / "reference")


def test_a_build_takes_up_an_import_and_gives_it_back(tmp_path: Path, make_world: Make) -> None:
    hand = clash_world()
    world = make_world(hand)
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    assert world.reference == tmp_path / "data" / "reference"
    path = write_csv(tmp_path / "t.csv", composition())
    (written,) = import_file("composition", path, world.reference, today=TODAY)
    assert build(world, sources=hand.sources, model_info=MODEL_INFO).changed
    assert not build(world, sources=hand.sources, model_info=MODEL_INFO).changed
    with duckdb.connect(str(world.build), read_only=True) as connection:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        assert ask("SELECT year, sum(population) FROM ref_region_group GROUP BY year ORDER BY year") == [
            (2025, 20_283_399),
            (2026, 20_283_399 + 20 * 41),
        ]
        assert ask(
            "SELECT population, basis FROM ref_national_group WHERE day = '2026-01-01' AND group_name = 'Total'"
        ) == [(20_284_219, "published")]
        assert ask("SELECT count(*), min(basis) FROM ref_region_population WHERE year = 2026") == [
            (20, "summed from groups")
        ]
        assert ask("SELECT DISTINCT population_year FROM out_border_week") == [(2026,)]
    written.path.unlink()
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    with duckdb.connect(str(world.build), read_only=True) as connection:
        assert connection.execute("SELECT max(year) FROM ref_region_group").fetchall() == [(2025,)]


def test_an_import_stands_in_place_of_the_shipped_rows_of_its_year(tmp_path: Path, make_world: Make) -> None:
    grid = [[cell.replace("2026", "2025") for cell in row] for row in composition()]
    world = make_world(hand := clash_world())
    load("composition", write_csv(tmp_path / "t.csv", grid), world.reference)
    population = [["Регион", "на начало 2025"], ["Республика Казахстан", grid[2][1]]]
    population += [[row[0], row[1]] for row in grid[3:-1]]
    load("population", write_csv(tmp_path / "p.csv", population), world.reference, year=2025)
    population[5][1] = str(number(population[5][1]) - 1)
    population[1][1] = str(number(population[1][1]) - 1)
    with pytest.raises(ReferenceRefused, match=r"row 6: KZ-19: .* in the composition table in force"):
        load("population", write_csv(tmp_path / "p.csv", population), world.reference, year=2025)
    listed = {(line.table, line.year): line for line in list_in_force(world.reference)}
    assert listed["region_group", "2025"].origin == str(world.reference / "composition-2025.csv")
    assert listed["region_population", "2023"].origin == "shipped"
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    with duckdb.connect(str(world.build), read_only=True) as connection:
        assert connection.execute("SELECT year, sum(population) FROM ref_region_group GROUP BY ALL").fetchall() == [
            (2025, 20_284_219)
        ]
        assert connection.execute(
            "SELECT count(*), sum(population) FROM ref_region_population WHERE year = 2025"
        ).fetchall() == [(20, 20_284_219)]
        # districts were of the table that is no longer in force
        assert connection.execute("SELECT count(*) FROM ref_district_group").fetchall() == [(0,)]


def test_a_damaged_import_stops_the_build_with_its_name(tmp_path: Path, make_world: Make) -> None:
    hand = clash_world()
    world = make_world(hand)
    world.reference.mkdir(parents=True)
    (world.reference / "composition-2026.csv").write_text("a,b\n1,2\n")
    with pytest.raises(WarehouseError, match=r"composition-2026\.csv has other columns"):
        build(world, sources=hand.sources, model_info=MODEL_INFO)


# -- population, settlements, own tables ------------------------------------------------------------------------------


def residents(years: Sequence[int]) -> Grid:
    last: dict[str, int] = {}
    for row in rows_of(SHIPPED / "region_group.csv"):
        last[row["region_code"]] = last.get(row["region_code"], 0) + int(row["population"])
    body = [[r["name_ru"], *(str(last[r["region_code"]] + y - 2025) for y in years)] for r in REGIONS]
    country = ["Республика Казахстан", *(str(sum(int(row[at]) for row in body)) for at in range(1, len(years) + 1))]
    return [["", *(f"на 1 января {year} г." for year in years)], country, *body]


def test_population_wide_and_long(tmp_path: Path) -> None:
    wide = residents([2024, 2026])
    rows = load("population", write_csv(tmp_path / "w.csv", wide), tmp_path / "wide")
    assert len(rows) == 40
    long = [["Область", "Год", "Население"]]
    long += [
        [row[0], year, f"{row[column]}.0"]
        for row in wide[1:]
        for column, year in ((1, "2024"), (2, "2026"))
    ]  # fmt: skip
    again = load("population", write_csv(tmp_path / "l.csv", long), tmp_path / "long", source=rows[0]["source"])
    assert [{**row, "source": ""} for row in again] == [{**row, "source": ""} for row in rows]
    only = load("population", write_csv(tmp_path / "w.csv", wide), tmp_path / "one", year=2026)
    assert {row["year"] for row in only} == {"2026"}
    wide[4][2] = str(int(wide[4][2]) + 1)
    with pytest.raises(ReferenceRefused, match="row 2: 2026: the regions add up to"):
        load("population", write_csv(tmp_path / "w.csv", wide), tmp_path / "bad")
    wide = [[cell and str(int(cell) // 1000) if cell.isdigit() else cell for cell in row] for row in residents([2026])]
    wide[1][1] = str(sum(int(row[1]) for row in wide[2:]))
    with pytest.raises(ReferenceRefused, match="another year, or not persons"):
        load("population", write_csv(tmp_path / "w.csv", wide), tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


UNITS = [
    ("101000000", "Семей Г.А."),
    ("101010000", "г.Семей"),
    ("101033000", "Абралинский с.о."),
    ("101033100", "с.Абралы"),
    ("103200000", "Абайский район"),
]


def classifier() -> Grid:
    tops = [(region["kato"], region["name_ru"]) for region in REGIONS]
    return [
        ["te", "ab", "name_kaz", "name_rus"],
        *([code, code[:2], f"{name} (kk)", name] for code, name in [*tops, *UNITS]),
    ]


def test_settlements_in_the_official_and_in_the_worked_shape(tmp_path: Path) -> None:
    rows = load("settlements", write_csv(tmp_path / "KATO_17.10.2026.csv", classifier()), tmp_path / "a")
    village = next(row for row in rows if row["kato"] == "101033100")
    assert (village["parent_kato"], village["level"], village["district_kato"]) == ("101033000", "4", "101000000")
    assert (village["region_code"], village["name_kk"], village["year"]) == ("KZ-10", "с.Абралы (kk)", "2026")
    worked = [["kato", "parent_kato", "level", "type", "name_ru"]]
    worked += [[row["kato"], row["parent_kato"] or row["kato"], row["level"], "", row["name_ru"]] for row in rows]
    again = load("settlements", write_csv(tmp_path / "k.csv", worked), tmp_path / "b", year=2026)
    assert [row["district_kato"] for row in again] == [row["district_kato"] for row in rows]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (at(23, 0, "10103300"), "row 23: '10103300' is no code of nine digits"),
        (at(23, 0, "101000000"), r"row 23: 101000000 a second time \(first in row 22\)"),
        (at(23, 0, "991033000"), "row 23: 991033000 begins with 99, which is no region"),
        (at(23, 3, ""), "row 23: 101010000 has no Russian name"),
        (lambda g: g.pop(1), "no row for the region KZ-10"),
        (lambda g: g[0].__setitem__(0, "x"), "no columns te and name_rus"),
    ],
)
def test_a_classifier_that_does_not_fit_is_refused(
    change: Callable[[Grid], object], reason: str, tmp_path: Path
) -> None:
    grid = classifier()
    change(grid)
    with pytest.raises(ReferenceRefused, match=reason):
        load("settlements", write_csv(tmp_path / "k.csv", grid), tmp_path / "a", year=2026)
    assert not (tmp_path / "a").exists()


@pytest.mark.shared
def test_the_classifier_of_2022_loads_whole(tmp_path: Path) -> None:
    path = SHARED / "geo" / "kato_2022_10_17.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    rows = load("settlements", path, tmp_path / "a", year=2022)
    assert len(rows) == 16_264
    assert len({row["district_kato"] for row in rows}) > 200


def table_with(table: str, change: Callable[[Grid], object]) -> Grid:
    with (SHIPPED / f"{table}.csv").open(encoding="utf-8", newline="") as handle:
        grid = list(csv.reader(handle))
    change(grid)
    return grid


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("borders", at(3, 0, "KZ-99"), "row 3: 'KZ-99' is no region"),
        ("borders", at(6, 9, "2022-06-07"), "row 6: KZ-19 holds at the same time in row 5"),
        ("borders", at(5, 10, "1999-13-01"), "row 5: valid_from and valid_to are days"),
        ("borders", at(6, 10, "2021-01-01"), "row 6: it ends on 2021-01-01, before it begins"),
        ("borders", at(6, 12, ""), "row 6: no source"),
        ("borders", lambda g: g.pop(5), "KZ-19: not exactly one row without valid_to"),
        ("calendar", at(2, 0, "02-30"), "row 2: '02-30' is no day"),
        ("calendar", at(2, 0, "some day"), "row 2: 'some day' is no day"),
        ("calendar", lambda g: g.append(g[1]), "a second time"),
        ("calendar", lambda g: g[0].pop(), "row 1: the columns must be day_rule"),
        ("calendar", lambda g: g[3].pop(), "row 4: 6 cells, 7 columns"),
        ("institutions", at(2, 4, "KZ-00"), "row 2: 'KZ-00' is no region"),
    ],
)
def test_own_tables_are_held_to_their_columns_days_and_regions(
    kind: str, change: Callable[[Grid], object], reason: str, tmp_path: Path
) -> None:
    grid = table_with(KINDS[kind].table, change)
    with pytest.raises(ReferenceRefused, match=reason):
        load(kind, write_csv(tmp_path / "t.csv", grid), tmp_path / "reference")
    assert not (tmp_path / "reference").exists()


def test_next_years_calendar_is_taken_up(tmp_path: Path, make_world: Make) -> None:
    feast = ["2026-04-01", "Құрбан айт", "Курбан-айт", "Kurban Ait first day", "public holiday", "benign", "muftiate"]
    grid = table_with("calendar", lambda g: g.append(feast))
    world = make_world(hand := clash_world())
    load("calendar", write_csv(tmp_path / "t.csv", grid), world.reference)
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    with duckdb.connect(str(world.build), read_only=True) as connection:
        assert connection.execute("SELECT week FROM ref_calendar_day WHERE day = '2026-04-01'").fetchall() == [
            ("2026-W14",)
        ]


def test_names_of_regions_are_told_apart_or_not_at_all() -> None:
    names = RegionNames(REGIONS)
    assert names.resolve(["Алматы"]) == {}
    assert names.resolve(["Алматы", "Алматы қаласы"]) == {"Алматы": "KZ-19", "Алматы қаласы": "KZ-75"}
    assert names.resolve(["Алматы облысы", "Алматы"]) == {"Алматы облысы": "KZ-19", "Алматы": "KZ-75"}
    assert names.resolve(["г. Алматы", "Алматинская", "Almaty Region"]) == {
        "г. Алматы": "KZ-75",
        "Алматинская": "KZ-19",
        "Almaty Region": "KZ-19",
    }
    assert names.resolve(["Туркестанская 1", "KZ-62", "630000000", "Всего", TOTAL]) == {
        "Туркестанская 1": "KZ-61", "KZ-62": "KZ-62", "630000000": "KZ-63", "Всего": COUNTRY, TOTAL: COUNTRY,
    }  # fmt: skip


# -- borders ----------------------------------------------------------------------------------------------------------


def test_units_of_old_borders_add_up_and_count_each_outlet_once(
    make_world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around the split of 8 June 2022: complaints in Semey (KZ-10) and Oskemen (KZ-63) by one outlet and another."""
    monkeypatch.setattr(hand_world, "FIRST_MONDAY", date(2022, 5, 30))  # W22; the split is in W23
    hand = HandWorld([source("semey", home="KZ-10"), source("both", owner="semey")], weeks=3)
    said: dict[str, Any] = {"rel": "domestic", "acts": ("grievance",)}
    hand.items = [
        Item("before", "both", 0, places=(("KZ-63", "event"),), **said),
        Item("child", "semey", 2, places=(("KZ-10", "event"),), **said),
        Item("child-2", "both", 2, places=(("KZ-10", "event"),), **said),
        Item("parent", "both", 2, places=(("KZ-63", "event"),), **said),
        Item("else", "both", 2, places=(("KZ-31", "event"),), **said),
    ]
    world = make_world(hand)
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    with duckdb.connect(str(world.build), read_only=True) as connection:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        cell = """SELECT week, unit_code, stories, outlets, owner_groups, exposure, population, population_year, comparable
            FROM out_border_week WHERE indicator = 'grievance' AND series = 'news' AND unit_code IN ('KZ-10', 'KZ-63')
            AND week <> '2022-W23' AND borders = '{}' ORDER BY ALL"""
        assert ask(cell.format("before 2022-06-08")) == [
            ("2022-W22", "KZ-63", 1, 1, 1, 1, 1_344_854, 2022, True),
            ("2022-W24", "KZ-63", 3, 2, 1, 3, 1_344_854, 2022, True),
        ]
        assert ask(cell.format("today")) == [
            ("2022-W22", "KZ-10", 0, 0, 0, 0, 611_888, 2022, False),
            ("2022-W22", "KZ-63", 1, 1, 1, 1, 732_966, 2022, False),
            ("2022-W24", "KZ-10", 2, 2, 1, 2, 611_888, 2022, True),
            ("2022-W24", "KZ-63", 1, 1, 1, 1, 732_966, 2022, True),
        ]
        # today's set is the table of the signals; every set holds every story
        assert not ask("""SELECT * FROM out_border_week AS unit JOIN out_indicator_week AS cell
            ON cell.region_code = unit.unit_code AND cell.indicator = unit.indicator AND cell.series = unit.series
            AND cell.week = unit.week WHERE unit.borders = 'today' AND (unit.stories, unit.articles, unit.outlets,
            unit.owner_groups, unit.exposure) <> (cell.stories, cell.articles, cell.outlets, cell.owner_groups, cell.exposure)""")
        assert ask(
            "SELECT DISTINCT sum(stories) FROM out_border_week GROUP BY borders, indicator, week HAVING sum(stories) > 0 ORDER BY 1"
        ) == [(1,), (4,)]
        assert ask("SELECT borders, count(DISTINCT unit_code) FROM out_border_week GROUP BY ALL ORDER BY 1") == [
            ("before 2018-06-19", 16),
            ("before 2022-06-08", 17),
            ("today", 20),
        ]
        # the country is whole in every set; a region of today has no figure while its parent's holds it
        whole = "SELECT sum(population) FROM ref_border_population WHERE borders = 'before 2018-06-19' AND year = 2021"
        assert ask(whole) == ask("SELECT sum(population) FROM ref_region_population WHERE year = 2021")
        assert not ask(
            "SELECT * FROM ref_border_population WHERE borders = 'today' AND year = 2021 AND unit_code = 'KZ-63'"
        )


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_imports_lists_and_refuses_in_one_sentence(tmp_path: Path) -> None:
    def shanyraq(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SHANYRAQ_DATA": str(tmp_path / "data")}
        command = [sys.executable, "-m", "shanyraq", "reference", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    path = write_csv(tmp_path / "t.csv", composition())
    done = shanyraq("import", "composition", path)
    assert done.returncode == 0, done.stderr
    assert f"composition 2026: 862 rows in {tmp_path / 'data' / 'reference' / 'composition-2026.csv'}" in done.stdout
    listed = list(csv.DictReader(shanyraq("list").stdout.splitlines()))
    (mine,) = [row for row in listed if row["origin"] != "shipped"]
    assert (mine["table"], mine["year"], mine["rows"]) == ("region_group", "2026", "862")
    assert any(row["table"] == "map" and "MIT" in row["source"] for row in listed)
    path = write_csv(tmp_path / "bad.csv", spoilt(at(7, 4, "-5")))
    refused = shanyraq("import", "composition", path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("shanyraq: ") and refused.stderr.count("\n") == 1
    assert "row 7" in refused.stderr and "nothing was loaded" in refused.stderr
