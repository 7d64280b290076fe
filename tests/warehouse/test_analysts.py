"""The commands of analysts, as they are typed: what they print, write and refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from shanyraq import cli
from shanyraq.stages import StageError
from warehouse.errors import WarehouseError

CLASH = "incidents-news-KZ-31-2026-W21"


def typed(*words: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words], input=given, catch_exceptions=False)


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen of 200 columns."""
    monkeypatch.setattr(cli.screen, "_force_terminal", True)
    monkeypatch.setattr(cli.screen, "_width", 200)


def test_sql_from_the_line_a_file_and_standard_input(telling: Path, tmp_path: Path) -> None:
    sql = "SELECT level FROM out_alert ORDER BY 1"
    file = tmp_path / "levels.sql"
    file.write_text(f"\ufeff-- levels\n{sql};\n", "utf-8")
    for words, given in (((sql,), None), ((file,), None), (("-",), sql)):
        assert typed("query", *words, "--warehouse", telling, given=given).stdout == "level\nalert\nwatch\n"
    file.write_bytes("SELECT 'тараз'".encode("cp1251"))
    with pytest.raises(StageError, match="is no UTF-8 text; save it as UTF-8"):
        typed("query", file, "--warehouse", telling)
    with pytest.raises(FileNotFoundError):
        typed("query", tmp_path / "no.sql", "--warehouse", telling)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "ask one thing: SQL, --question NAME, --tables, --describe TABLE, or --questions"),
        (("SELECT 1", "--tables"), "ask one thing"),
        (("SELECT 1", "--set", "week"), r"--set week: write a name, = and a value, as --set week=2026-W21"),
        (("SELECT 1", "--out", "a.ods"), "--to a.ods: choose table, csv, json, or a file name ending in"),
        (("--question", "signals_of_week", "--set", "place=x"), "signals_of_week takes no place; it can be set: week"),
        (("--question", "signals"), "there is no question 'signals'"),
        (("DROP TABLE out_alert",), "only reading is possible here, not DROP"),
    ],
)
def test_wrong_words_are_one_sentence(words: tuple[str, ...], message: str, telling: Path) -> None:
    with pytest.raises((StageError, WarehouseError), match=message):
        typed("query", *words, "--warehouse", telling)


def test_a_question_by_name_into_every_form(telling: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="XLSX needs openpyxl")
    asked = ("query", "--question", "region_series", "--set", "region=KZ-55", "--set", "indicator=rumour")
    for ending in ("csv", "xlsx", "parquet", "XLSX"):
        told = typed(*asked, "--out", tmp_path / f"a.{ending}", "--warehouse", telling).stdout
        assert told.replace("\n", "") == f"12 rows in {tmp_path / f'a.{ending}'}"
    assert typed(*asked, "--out", tmp_path / "b.csv", "--limit", "2", "--warehouse", telling).stdout.startswith(
        "2 rows"
    )
    lines = typed(*asked, "--to", "json", "--limit", "1", "--warehouse", telling).stdout.splitlines()
    assert json.loads(lines[0])["week"] == "2026-W10"


def test_a_limit_is_never_silent(telling: Path, wide: None) -> None:
    told = typed("query", "SELECT range AS n FROM range(1500)", "--warehouse", telling)
    assert (
        "only the first 1000 rows are shown, there are more; --limit 0 shows all, --out FILE writes all" in told.stderr
    )
    told = typed("query", "SELECT range AS n FROM range(1500)", "--limit", "0", "--warehouse", telling)
    assert told.stderr == ""
    assert "1499" in told.stdout


def test_a_pipe_gets_everything(telling: Path) -> None:
    told = typed("query", "SELECT range AS n FROM range(1500)", "--warehouse", telling)
    assert len(told.stdout.splitlines()) == 1501
    assert told.stderr == ""


def test_what_a_text_holds_is_no_style_and_no_command(telling: Path, wide: None) -> None:
    told = typed("query", "SELECT '[red]a[/nothing] ' || chr(27) || ']0;title' || chr(7) AS t", "--warehouse", telling)
    assert "[red]a[/nothing] \ufffd]0;title\ufffd" in told.stdout


def test_tables_columns_and_questions_are_listed(telling: Path) -> None:
    tables = typed("query", "--tables", "--warehouse", telling).stdout
    assert "\nout_alert,2," in tables
    assert "\nraw_" not in tables
    columns = typed("query", "--describe", "out_alert_evidence", "--warehouse", telling).stdout.splitlines()
    assert columns[1] == "alert_id,VARCHAR,True,out_alert,Alert"
    questions = typed("query", "--questions", "--warehouse", telling).stdout.splitlines()
    assert len(questions) >= 21
    with pytest.raises(WarehouseError, match="did you mean out_alert"):
        typed("query", "--describe", "out_alrt", "--warehouse", telling)


def test_alerts_are_listed(telling: Path) -> None:
    told = typed("alert", "list", "--warehouse", telling).stdout.splitlines()
    assert [line.split(",")[:3] for line in told[1:]] == [
        ["attention-news-KZ-31-2026-W21", "watch", "raised"],
        [CLASH, "alert", "raised"],
    ]
    assert len(typed("alert", "list", "--level", "alert", "--warehouse", telling).stdout.splitlines()) == 2
    assert len(typed("alert", "list", "--week", "2026-W20", "--warehouse", telling).stdout.splitlines()) == 1
    with pytest.raises(StageError, match="--level high: choose watch or alert"):
        typed("alert", "list", "--level", "high", "--warehouse", telling)
    with pytest.raises(WarehouseError, match="is no ISO week"):
        typed("alert", "list", "--week", "2025-W53", "--warehouse", telling)


def test_an_alert_is_shown_with_everything_stored(telling: Path) -> None:
    shown = typed("alert", "show", CLASH, "--warehouse", telling)
    assert shown.exit_code == 0
    with duckdb.connect(str(telling), read_only=True) as connection:
        columns = [row[0] for row in connection.execute("DESCRIBE out_alert").fetchall()]
    assert not [name for name in columns if name not in shown.stdout]
    assert "Outlet taraz: Title of clash-0" in shown.stdout
    record: dict[str, Any] = json.loads(typed("alert", "show", CLASH, "--json", "--warehouse", telling).stdout)
    assert set(record) == {*columns, "evidence"}
    assert len(record["evidence"]) == 3
    assert record["parameters"]["alert_stories"] == 5


def test_an_alert_is_derived_and_a_changed_one_ends_with_1(telling: Path, tmp_path: Path) -> None:
    told = typed("alert", "show", CLASH, "--derive", "--warehouse", telling)
    assert told.exit_code == 0
    assert "derived again from the published file: all 25 values are equal" in told.stdout
    changed = Path(shutil.copy(telling, tmp_path / "warehouse.duckdb"))
    with duckdb.connect(str(changed)) as connection:
        connection.execute("UPDATE out_alert SET expected = expected + 1, stories = 7")
    told = typed("alert", "show", CLASH, "--derive", "--warehouse", changed)
    assert told.exit_code == 1
    assert "not equal: stories, expected" in told.stdout
    told = typed("alert", "show", CLASH, "--derive", "--json", "--warehouse", changed)
    record = json.loads(told.stdout)
    assert (told.exit_code, record["equal"], record["derived"]["stories"]) == (1, False, {"value": 6, "equal": False})


def test_export_and_its_check(telling: Path, tmp_path: Path) -> None:
    told = typed("export", tmp_path / "export", "--warehouse", telling).stdout
    assert " tables, " in told
    assert typed("export", tmp_path / "export", "--check").exit_code == 0
    (tmp_path / "export" / "out_week.parquet").write_bytes(b"PAR1")
    told = typed("export", tmp_path / "export", "--check")
    assert (told.exit_code, told.stdout) == (1, "damaged: out_week.parquet\n")
