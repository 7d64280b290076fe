"""Questions to the published warehouse: reading only, and answers that no spreadsheet runs."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import WarehouseError
from warehouse.query import Answer, export, run_query, safe_cell

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1+1",
    "\ufeff=1",
    "=cmd|' /C calc'!A0",
    "-a",
    "+a",
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


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_open_as_text(text: str) -> None:
    assert safe_cell(text) == "'" + text


@given(st.text())
def test_no_cell_starts_as_a_formula(text: str) -> None:
    shown = safe_cell(text)
    assert shown in (text, "'" + text)
    assert shown.lstrip()[:1] not in ("=", "@")


@pytest.mark.parametrize("value", [-4, -4.5, "-4", "+7.5", 3, "KZ-31", "2026-W22", "a=b", "1e5", None])
def test_numbers_and_words_stay(value: object) -> None:
    assert safe_cell(value) == ("" if value is None else str(value))


def test_exports(small: Path, tmp_path: Path) -> None:
    answer = Answer(("name", "n", "odd"), [("=1+1", -4, [1, 2]), ("Тараз", None, [])])
    export(answer, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfname,n,odd\n")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig") as handle:
        assert list(csv.reader(handle)) == [["name", "n", "odd"], ["'=1+1", "-4", "[1, 2]"], ["Тараз", "", "[]"]]
    export(answer, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").to_pylist()[0] == {"name": "=1+1", "n": -4, "odd": [1, 2]}
    with pytest.raises(WarehouseError, match=r"exports are \.csv or \.parquet"):
        export(answer, tmp_path / "a.xls")
