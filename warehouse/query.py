"""Reading questions to the published warehouse, their answers in rows or as files."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import duckdb

from warehouse import answer_files
from warehouse.errors import WarehouseError
from warehouse.signals import week_start

ENDINGS: Final = (".csv", ".xlsx", ".parquet")
_BATCH: Final = 50_000  # rows in memory at a time when an answer goes into a file
_READING: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.RELATION})
# What a flipped bit or a cut end of the file becomes when its block is read.
_DAMAGED: Final = (
    duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.SerializationException,
)  # fmt: skip
_VARIABLE: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows of a query, in the order the query gave; `more`: there were rows beyond the limit."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool = False


def open_warehouse(path: Path, variables: Mapping[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """The published warehouse for reading only; `variables` are what `getvariable('…')` in a question gives.

    A file that is replaced meanwhile stays open as it was: what is read on one connection belongs together.
    """
    if not path.exists():
        raise WarehouseError(f"{path} is not there yet; `shanyraq build` makes it, `shanyraq publish` shows it")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise _unreadable(path, error) from error
    # A question may read tables and nothing else: no files, no network, no other database.
    connection.execute("SET TimeZone = 'Asia/Almaty'; SET enable_external_access = false")
    for name, value in (variables or {}).items():
        _check_variable(connection, name, value)
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    return connection


def _unreadable(path: Path, error: duckdb.Error) -> WarehouseError:
    said = str(error).splitlines()[0]
    return WarehouseError(f"{path} cannot be read ({said}); `shanyraq publish` puts a whole copy there")


def _check_variable(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """WarehouseError for a name that is none, a week that does not exist, a region or indicator nobody knows."""
    if not _VARIABLE.fullmatch(name):
        raise WarehouseError(f"{name!r} is no name of a variable; write --set week=2026-W21")
    if name == "week":
        try:
            week_start(value)
        except ValueError as error:
            raise WarehouseError(f"{value!r} is no ISO week; write it as 2026-W22") from error
    elif name in ("region", "indicator"):
        column = {"region": "region_code", "indicator": "indicator"}[name]
        known = connection.execute(f"SELECT DISTINCT {column} FROM ref_{name} ORDER BY 1").fetchall()  # noqa: S608
        if (value,) not in known:
            raise WarehouseError(f"no {name} {value!r} here; there are {', '.join(each for (each,) in known)}")
    elif name == "series" and value not in ("news", "social"):
        raise WarehouseError(f"no series {value!r}; there are news and social, never summed")


@contextlib.contextmanager
def _asked(
    path: Path, sql: str, variables: Mapping[str, str] | None
) -> Iterator[tuple[tuple[str, ...], duckdb.DuckDBPyConnection]]:
    """Column names and the open cursor of one reading statement."""
    with open_warehouse(path, variables) as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1:
                raise WarehouseError(f"a query is one statement, these are {len(statements)}; ask them one by one")
            if statements[0].type not in _READING:
                raise WarehouseError(
                    f"only reading is possible here, not {statements[0].type.name}: the warehouse is published whole; "
                    "to change what it says, change the sources or SQL files and build again"
                )
            cursor = connection.execute(statements[0])
            yield tuple(column[0] for column in cursor.description or []), cursor
        except (
            duckdb.IOException,
            duckdb.FatalException,
            duckdb.InternalException,
            duckdb.SerializationException,
        ) as error:
            raise _unreadable(path, error) from error  # a damaged block is found when it is read
        except duckdb.InterruptException as error:
            # Ctrl-C; or a row that fails while others stream, of which DuckDB sometimes says only this.
            raise WarehouseError("the query stopped before its end, and nothing was written; ask again") from error
        except duckdb.Error as error:
            message = " ".join(str(error).split("\n\nLINE")[0].split())
            raise WarehouseError(f"the query was not understood: {message}") from error


def run_query(
    path: Path, sql: str, variables: Mapping[str, str] | None = None, limit: int | None = None
) -> Answer:  # fmt: skip
    """One SELECT (or DESCRIBE, SHOW, EXPLAIN, WITH, FROM …) over the warehouse at `path`, `limit` rows at most.

    WarehouseError, one sentence, for a write, more than one statement, or SQL that DuckDB does not understand.
    """
    with _asked(path, sql, variables) as (columns, cursor):
        if limit is None:
            return Answer(columns, cursor.fetchall())
        rows = cursor.fetchmany(limit + 1)
        return Answer(columns, rows[:limit], more=len(rows) > limit)


def export_query(path: Path, sql: str, target: Path, variables: Mapping[str, str] | None = None) -> int:
    """Write an answer as `.csv`, `.xlsx` or `.parquet`, whole; the number of rows. Errors as in `run_query`."""
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise WarehouseError(
            f"{target}: exports are {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}; choose one of these endings"
        )
    with _asked(path, sql, variables) as (columns, cursor):
        if twice := sorted({name for name in columns if columns.count(name) > 1}):
            raise WarehouseError(f"the answer has the column {', '.join(twice)} twice; rename one with AS")
        if ending == ".parquet":
            return answer_files.write_parquet(cursor.to_arrow_reader(_BATCH), target)
        if ending == ".csv":
            return answer_files.write_csv_file(columns, rows_of(cursor), target)
        from warehouse.sheet_file import write_xlsx  # noqa: PLC0415 - only a sheet needs openpyxl

        return write_xlsx(columns, rows_of(cursor), target)


def rows_of(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """All rows, a batch of them in memory."""
    while rows := cursor.fetchmany(_BATCH):
        yield from rows


def write_csv(answer: Answer, handle: IO[str]) -> None:
    """An answer that is in memory, for a pipe."""
    answer_files.write_csv(answer.columns, answer.rows, handle)
