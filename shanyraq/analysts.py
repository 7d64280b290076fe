"""Commands for analysts: ask the published warehouse, export it, look at an alert and derive it again."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from warehouse.derive import Figure, Stored
    from warehouse.query import Answer

alert_app = typer.Typer(help="Alerts with everything stored about them, and derived again.", no_args_is_help=True)

SHOWN_ROWS: Final = 1000  # more is no reading matter; a file takes all of them
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

World_ = Annotated[
    str | None, typer.Option("--world", help="sample, live, or an archive's name. Default: the last one published.")
]
File_ = Annotated[
    Path | None, typer.Option("--warehouse", metavar="FILE", help="A published file by itself, instead of a world.")
]
Week_ = Annotated[str | None, typer.Option("--week", metavar="WEEK", help="ISO week, as 2026-W22.")]


def warehouse_of(world: str | None, file: Path | None) -> Path:
    from shanyraq.cli import job_of

    return file if file is not None else job_of(world).world.warehouse


def shown(value: object) -> str:
    """A value for the screen: what a text holds is neither style nor a command of the terminal."""
    from rich.markup import escape

    from warehouse.answer_files import as_text

    return escape(_CONTROL.sub("\ufffd", as_text(value)))


def query(
    sql: Annotated[
        str | None, typer.Argument(help="One SELECT, a file that ends in .sql, or - for standard input.")
    ] = None,
    world: World_ = None,
    warehouse: File_ = None,
    to: Annotated[
        str, typer.Option("--to", "--out", help="table, csv, json, or a file ending in .csv, .xlsx, .parquet.")
    ] = "table",
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help=f"Rows at most; 0: all. Default: {SHOWN_ROWS} on a screen, else all."),
    ] = None,
    named: Annotated[
        str | None, typer.Option("--question", help="One of the example questions; see --questions.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What getvariable('NAME') gives.")
    ] = None,
    tables: Annotated[bool, typer.Option("--tables", help="List the tables with what they hold.")] = False,
    describe: Annotated[str | None, typer.Option("--describe", metavar="TABLE", help="List a table's columns.")] = None,
    questions: Annotated[bool, typer.Option("--questions", help="List the example questions.")] = False,
) -> None:
    """Ask the published warehouse a question in SQL. It cannot be written to."""
    from shanyraq.stages import StageError

    wishes = [sql is not None, named is not None, tables, describe is not None, questions]
    if sum(wishes) != 1:
        raise StageError("ask one thing: SQL, --question NAME, --tables, --describe TABLE, or --questions")
    path = warehouse_of(world, warehouse)
    if questions:
        _tell(_question_list(), to, limit)
    elif tables:
        _tell(_table_list(path), to, limit)
    elif describe is not None:
        _tell(_column_list(path, describe), to, limit)
    else:
        variables = _variables(settings or [])
        _ask(path, _named_sql(named, variables) if named else _sql_of(sql or ""), variables, to, limit)


def _named_sql(name: str, variables: Mapping[str, str]) -> str:
    from warehouse.errors import WarehouseError
    from warehouse.questions import question

    asked = question(name)
    if strange := sorted(set(variables) - set(asked.variables)):
        may = ", ".join(asked.variables) or "nothing"
        raise WarehouseError(f"{name} takes no {', '.join(strange)}; it can be set: {may}")
    if sys.stderr.isatty():
        from shanyraq.cli import complaints

        complaints.print(f"[bold]{shown(asked.question)}[/]\n[dim]{shown(asked.mind)}[/]")
    return asked.sql


def _sql_of(given: str) -> str:
    """SQL as given, out of a file, or from standard input."""
    from shanyraq.stages import StageError

    try:
        if given == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        if given.endswith(".sql"):
            return Path(given).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StageError(f"{given} is no UTF-8 text; save it as UTF-8 and ask again") from error
    return given


def _variables(settings: Sequence[str]) -> dict[str, str]:
    from shanyraq.stages import StageError

    pairs = [setting.partition("=") for setting in settings]
    if wrong := [name for name, mark, value in pairs if not (name and mark and value)]:
        raise StageError(f"--set {wrong[0]}: write a name, = and a value, as --set week=2026-W21")
    return {name: value for name, _, value in pairs}


def _ask(path: Path, sql: str, variables: Mapping[str, str], to: str, limit: int | None) -> None:
    from warehouse.query import ENDINGS, export_query, run_query

    if to.lower().endswith(ENDINGS):
        from shanyraq.cli import screen

        asked = f"FROM (\n{sql.rstrip().rstrip(';')}\n) LIMIT {limit}" if limit else sql
        written = export_query(path, asked, Path(to), variables)
        screen.print(f"{written} rows in {to}", soft_wrap=True)
        return
    _tell(run_query(path, sql, variables, _limit(to, limit)), to, None)


def _limit(to: str, limit: int | None) -> int | None:
    """A screen is spared a flood; a pipe, which nobody reads, is never cut unless asked for."""
    from shanyraq.cli import screen

    if limit is None:
        return SHOWN_ROWS if to == "table" and screen.is_terminal else None
    return limit or None


def _tell(answer: Answer, to: str, limit: int | None) -> None:
    from shanyraq.cli import complaints, show_table
    from shanyraq.stages import StageError
    from warehouse.answer_files import write_csv

    rows = answer.rows[:limit] if limit else answer.rows
    if to == "json":
        for row in rows:
            print(json.dumps(dict(zip(answer.columns, row, strict=True)), ensure_ascii=False, default=str))
    elif to == "csv":
        write_csv(answer.columns, rows, sys.stdout)
    elif to == "table":
        show_table(type(answer)(answer.columns, rows))
    else:
        raise StageError(f"--to {to}: choose table, csv, json, or a file name ending in .csv, .xlsx or .parquet")
    if answer.more or len(rows) < len(answer.rows):
        complaints.print(
            f"only the first {len(rows)} rows are shown, there are more; --limit 0 shows all, --out FILE writes all",
            soft_wrap=True,
        )


def _question_list() -> Answer:
    from warehouse.query import Answer
    from warehouse.questions import questions

    rows = [(each.name, each.question, " ".join(each.variables)) for each in questions().values()]
    return Answer(("question", "answers", "may be set"), rows)


def _table_list(path: Path) -> Answer:
    from warehouse.dictionary import published_in
    from warehouse.query import Answer

    return Answer(
        ("table", "rows", "description"), [(table.name, table.rows, table.description) for table in published_in(path)]
    )


def _column_list(path: Path, name: str) -> Answer:
    from warehouse.dictionary import published_in, table_named
    from warehouse.query import Answer

    table = table_named(published_in(path), name)
    rows = [
        (column.name, column.type, column.name in table.primary, table.foreign.get(column.name), column.description)
        for column in table.columns
    ]
    return Answer(("column", "type", "key", "in", "description"), rows)


def export(
    folder: Annotated[Path, typer.Argument(help="New folder, or an earlier export, which is replaced whole.")],
    world: World_ = None,
    warehouse: File_ = None,
    csv: Annotated[bool, typer.Option("--csv", help="CSV instead of Parquet: opens everywhere, loses types.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only compare an export with its hashes.")] = False,
) -> None:
    """Write all published tables as Parquet with datapackage.json: descriptions, keys, sources, licences, hashes."""
    from shanyraq.cli import screen
    from warehouse.data_package import damaged_files, export_package

    if check:
        damaged = damaged_files(folder)
        screen.print(f"damaged: {', '.join(damaged)}" if damaged else f"{folder} is as it was written", soft_wrap=True)
        raise typer.Exit(1 if damaged else 0)
    report = export_package(warehouse_of(world, warehouse), folder, "csv" if csv else "parquet")
    screen.print(f"{report.tables} tables, {report.rows} rows, {report.bytes / 1e6:.1f} MB in {folder}", soft_wrap=True)


@alert_app.command("list")
def alert_list(
    week: Week_ = None,
    level: Annotated[str | None, typer.Option("--level", help="watch or alert. Default: both.")] = None,
    world: World_ = None,
    warehouse: File_ = None,
) -> None:
    """All alerts and watches, or those of a week."""
    from shanyraq.cli import show_table
    from shanyraq.stages import StageError
    from warehouse.derive import list_alerts

    if level not in (None, "watch", "alert"):
        raise StageError(f"--level {level}: choose watch or alert")
    show_table(list_alerts(warehouse_of(world, warehouse), week, level))


@alert_app.command("show")
def alert_show(
    alert_id: Annotated[str, typer.Argument(help="As `shanyraq alert list` shows it.")],
    derive: Annotated[
        bool, typer.Option("--derive", help="Compute it again and compare; exit 1 if not equal.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
    world: World_ = None,
    warehouse: File_ = None,
) -> None:
    """Everything stored about an alert; with --derive also every figure computed again from the published file."""
    from warehouse.derive import show_alert

    alert, figures = show_alert(warehouse_of(world, warehouse), alert_id, again=derive)
    if as_json:
        _print_json(alert, figures, derive=derive)
    else:
        _print_alert(alert, figures, derive=derive)
    raise typer.Exit(0 if all(figure.equal for figure in figures) else 1)


def _print_json(alert: Stored, figures: Sequence[Figure], *, derive: bool) -> None:
    record: dict[str, Any] = {**alert.row, "parameters": json.loads(alert.row["parameters"])}
    record["evidence"] = list(alert.evidence)
    if derive:
        record["derived"] = {figure.name: {"value": figure.derived, "equal": figure.equal} for figure in figures}
        record["equal"] = all(figure.equal for figure in figures)
    print(json.dumps(record, ensure_ascii=False, default=str))


def _print_alert(alert: Stored, figures: Sequence[Figure], *, derive: bool) -> None:
    from rich.table import Table

    from shanyraq.cli import screen

    again = {figure.name: figure for figure in figures}
    table = Table.grid(padding=(0, 2))
    for name, value in alert.row.items():
        if name == "parameters":
            continue
        compared = _compared(again.get(name)) if derive else ""
        table.add_row(f"[dim]{name}[/]", shown(value) or "—", compared)
    rule = json.loads(alert.row["parameters"])
    verdict = _compared(again.get("parameters")) if derive else ""
    table.add_row("[dim]parameters[/]", "  ".join(f"{name} {shown(value)}" for name, value in rule.items()), verdict)
    screen.print(table)
    for each in alert.evidence:
        screen.print(f"{each['rank']}. {shown(each['outlet'])}: {shown(each['title'])}  {shown(each['url'])}",
                     soft_wrap=True)  # fmt: skip
    if not alert.evidence:
        screen.print("no headline of news stands behind it")
    if derive:
        wrong = [figure.name for figure in figures if not figure.equal]
        verdict = f"not equal: {', '.join(wrong)}" if wrong else f"all {len(figures)} values are equal"
        screen.print(f"derived again from the published file: {verdict}", soft_wrap=True)


def _compared(figure: Figure | None) -> str:
    if figure is None:
        return "[dim]given[/]"
    return "[green]equal[/]" if figure.equal else f"[red]derived {shown(figure.derived) or 'nothing'}[/]"
