"""The published warehouse, read only, through the queries in `sql/`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from reports.issue import ReportError

Row = dict[str, Any]


class Published:
    """A read-only connection to `warehouse.duckdb`; a query is named by its file in `reports/sql`."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise ReportError(f"There is no warehouse at {path}: make one with shanyraq build and shanyraq publish.")
        self.path = path
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            problem = f"The warehouse {path} cannot be opened ({_first_line(error)})"
            raise ReportError(f"{problem}: shanyraq publish puts a whole copy there.") from error

    def __enter__(self) -> Published:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def rows(self, query: str, **parameters: object) -> list[Row]:
        """All rows of `sql/<query>.sql` as dictionaries, in the query's order."""
        try:
            found = self._connection.execute(_statement(query), parameters or None)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
        except duckdb.Error as error:
            raise ReportError(
                f"Query {query} fails on {self.path} ({_first_line(error)}): the warehouse is of another version, "
                "build it anew."
            ) from error


@cache
def _statement(query: str) -> str:
    return files("reports").joinpath("sql", f"{query}.sql").read_text(encoding="utf-8")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
