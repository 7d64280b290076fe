"""The checked copy analysts open: every table but the raw and step ones, replaced whole.

Readers that have the old file open keep the old view (the file is renamed over, never written in place).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

import duckdb

_PUBLISHED: Final = """
SELECT table_name FROM duckdb_tables()
WHERE database_name = current_database()
    AND (regexp_matches(table_name, '^(ref|core|out)_') OR table_name = 'column_doc')
ORDER BY table_name
"""


def published_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in connection.execute(_PUBLISHED).fetchall()]


def publish(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy the public tables of the open build database, rows sorted, to a neighbour of `target`, then rename it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left_over in target.parent.glob(f".{target.name}.*.part*"):
        left_over.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(descriptor)
    part = Path(name)
    part.unlink()  # DuckDB makes the file itself
    try:
        connection.execute(f"ATTACH '{_quoted(part)}' AS published")
        try:
            connection.execute("BEGIN")  # one write-ahead log, one fsync
            for table in published_tables(connection):
                connection.execute(f"CREATE TABLE published.{table} AS SELECT * FROM {table} ORDER BY ALL")  # noqa: S608
            _comment(connection)
            connection.execute("COMMIT")
            connection.execute("CHECKPOINT published")
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                connection.execute("ROLLBACK")
            raise
        finally:
            connection.execute("DETACH published")
        part.chmod(0o644)
        with part.open("rb+") as handle:
            os.fsync(handle.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        Path(f"{part}.wal").unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _comment(connection: duckdb.DuckDBPyConnection) -> None:
    """What a column means travels with the file: `SELECT * FROM column_doc`, or the comment in any client."""
    query = "SELECT table_name, column_name, description FROM column_doc ORDER BY ALL"
    for table, column, text in connection.execute(query).fetchall():
        sentence = str(text).replace("'", "''")
        if column == "_table":
            connection.execute(f"COMMENT ON TABLE published.{table} IS '{sentence}'")
        else:
            connection.execute(f"COMMENT ON COLUMN published.{table}.{column} IS '{sentence}'")


def checksum(path: Path) -> str:
    """SHA-256 over the sorted logical rows of a warehouse: equal if and only if every table holds the same rows.

    No table carries the time of a build, so a rerun, another order of loading or a kill in between changes nothing.
    """
    digest = hashlib.sha256()
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'Asia/Almaty'")
        for table in published_tables(connection):
            rows = connection.execute(
                f"SELECT md5(CAST(t AS VARCHAR)) AS line FROM {table} AS t ORDER BY line"  # noqa: S608 - own names
            ).fetchall()
            digest.update(f"{table} {len(rows)}\n".encode())
            for (line,) in rows:
                digest.update(line.encode())
    return digest.hexdigest()
