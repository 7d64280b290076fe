"""The raw tables: what stage files say, line by line, each row with the file it stands in.

Files are known by path and fingerprint; a changed file's rows are replaced whole, an unchanged one is not read again.
The same on the one build file and on a lake, where several writers bring different sources at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from crawlers.layout import World
from warehouse.stage_files import TABLES, StageFile
from warehouse.steps import FOLDER

FILE_COLUMNS: Final = dict.fromkeys(("path", "kind", "stage", "source_id"), "VARCHAR") | {
    "first_day": "DATE",
    "last_day": "DATE",
    "sha256": "VARCHAR",
}
_NO_LINES: Final = FOLDER / "load" / "nothing.jsonl"


def table_names(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables of the database in use; those of other attached ones do not count."""
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
    return {name for (name,) in connection.execute(query).fetchall()}


def write_frame(
    connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame, columns: Mapping[str, str]
) -> None:
    """`frame` as a table with the SQL types of `columns` (an empty frame carries none of its own)."""
    _from_frame(connection, f"CREATE OR REPLACE TABLE {table} AS", frame, columns)


def _from_frame(
    connection: duckdb.DuckDBPyConnection, before: str, frame: pd.DataFrame, columns: Mapping[str, str]
) -> None:
    connection.register("incoming", frame[list(columns)])
    typed = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in columns.items())
    connection.execute(f"{before} SELECT {typed} FROM incoming")  # noqa: S608 - own names
    connection.unregister("incoming")


def loaded_files(connection: duckdb.DuckDBPyConnection) -> list[StageFile]:
    """The files whose lines the raw tables hold, in order of path; two entries where two writers brought one file."""
    if "raw_file" not in table_names(connection):
        return []
    query = f"SELECT {', '.join(FILE_COLUMNS)} FROM raw_file ORDER BY ALL"  # noqa: S608 - own names
    return [StageFile(*row) for row in connection.execute(query).fetchall()]


def address(path: Path) -> str:
    """A path as DuckDB names it: as it is, or the URL of an fsspec path."""
    files = getattr(path, "fs", None)
    return str(path) if files is None else str(files.unstrip_protocol(path.path))  # type: ignore[attr-defined]


def bring(
    connection: duckdb.DuckDBPyConnection, world: World, files: Sequence[StageFile], known: Sequence[StageFile]
) -> tuple[int, int]:
    """Bring the raw tables from `known`, or a part of it, to `files`; (files read, files dropped).

    Runs inside the caller's transaction. A path that is known twice is read again: two writers brought it at once.
    """
    made_before = table_names(connection)
    had = {file.path: file.sha256 for file in known}
    twice = {one.path for one, other in pairwise(known) if one.path == other.path}
    current = {file.path: file.sha256 for file in files}
    stale = sorted(path for path, sha256 in had.items() if current.get(path) != sha256 or path in twice)
    new = [file for file in files if had.get(file.path) != file.sha256 or file.path in twice]
    connection.execute("SET VARIABLE world = ?", [address(world.folder)])
    for kind, table in TABLES.items():
        query = (FOLDER / "load" / f"{table}.sql").read_text("utf-8")
        paths = [address(world.folder / file.path) for file in new if file.kind == kind]
        there = table in made_before  # a kind of file that is newer than the database has no table yet
        if there and stale:
            connection.execute(f"DELETE FROM {table} WHERE list_contains(?, path)", [stale])  # noqa: S608 - own names
        if paths or not there:
            connection.execute("SET VARIABLE files = ?", [paths or [str(_NO_LINES)]])
            made = f"INSERT INTO {table}" if there else f"CREATE OR REPLACE TABLE {table} AS"
            connection.execute(f"{made}\n{query}")
    if "raw_file" in made_before:
        if stale:
            connection.execute("DELETE FROM raw_file WHERE list_contains(?, path)", [stale])
        before = "INSERT INTO raw_file"
    else:
        before = "CREATE TABLE raw_file AS"
    if new or "raw_file" not in made_before:
        frame = pd.DataFrame([asdict(file) for file in new], columns=list(FILE_COLUMNS))
        _from_frame(connection, before, frame, FILE_COLUMNS)
    return len(new), len(stale)
