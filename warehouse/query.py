"""Reading questions to the published warehouse, and their answers as files that spreadsheets open safely."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from crawlers.layout import whole_file
from warehouse.errors import WarehouseError

# A cell that starts like this is run as a formula by spreadsheet programs (OWASP, "CSV injection").
_FORMULA: Final = re.compile(r"^[\s\x00-\x20\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns and rows of a query, in the order the query gave."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """The published warehouse for reading only."""
    if not path.exists():
        raise WarehouseError(f"{path} is not there yet; `shanyraq build` makes it, `shanyraq publish` shows it")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise WarehouseError(
            f"{path} cannot be read ({str(error).splitlines()[0]}); `shanyraq publish` puts a whole copy there"
        ) from error
    # A question may read tables and nothing else: no files, no network, no other database.
    connection.execute("SET TimeZone = 'Asia/Almaty'; SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def run_query(path: Path, sql: str) -> Answer:
    """One SELECT (or DESCRIBE, SHOW, EXPLAIN, WITH, FROM …) over the warehouse at `path`.

    WarehouseError, one sentence, for a write, more than one statement, or SQL that DuckDB does not understand.
    """
    with open_warehouse(path) as connection:
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
            columns = tuple(column[0] for column in cursor.description or [])
            return Answer(columns, cursor.fetchall())
        except duckdb.Error as error:
            message = " ".join(str(error).split("\n\nLINE")[0].split())
            raise WarehouseError(f"the query was not understood: {message}") from error


_READING: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.RELATION})


def safe_cell(value: object) -> str:
    """The value as text that no spreadsheet takes for a formula: such text gets a leading apostrophe."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float) or _NUMBER.fullmatch(text) or not _FORMULA.match(text):
        return text
    return "'" + text


def export(answer: Answer, path: Path) -> None:
    """Write an answer as `.csv` (UTF-8 with a byte-order mark, so that Excel reads Cyrillic) or `.parquet`, whole."""
    if path.suffix == ".csv":
        with whole_file(path) as handle:
            text = handle
            text.write("\ufeff")
            write_csv(answer, text)
    elif path.suffix == ".parquet":
        _export_parquet(answer, path)
    else:
        raise WarehouseError(f"{path}: exports are .csv or .parquet; choose one of these endings")


def write_csv(answer: Answer, handle: IO[str]) -> None:
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in answer.columns])
    writer.writerows(_safe_rows(answer.rows))


def _safe_rows(rows: Sequence[tuple[Any, ...]]) -> Iterator[list[str]]:
    return ([safe_cell(value) for value in row] for row in rows)


def _export_parquet(answer: Answer, path: Path) -> None:
    columns = [[row[i] for row in answer.rows] for i in range(len(answer.columns))]
    table = pa.Table.from_arrays([pa.array(column) for column in columns], names=list(answer.columns))
    with whole_file(path, "wb") as handle:
        pq.write_table(table, handle)
