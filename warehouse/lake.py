"""The warehouse past one machine: a DuckLake, its catalogue in PostgreSQL, its tables as Parquet files.

Loaders on many machines bring their sources' stage files at once, each in one transaction; one builder derives and
checks every table with the SQL that builds the one file; analysts get the same published copy. `docs/cluster.md`.
Each world is a lake of its own: its name is the catalogue's schema. Nothing is fetched when this runs: DuckDB's
extensions come with the extra `cluster`.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

import duckdb
import fsspec  # type: ignore[import-untyped]
from upath import UPath

from crawlers.layout import World
from warehouse.errors import WarehouseError
from warehouse.raw_tables import bring, loaded_files
from warehouse.stage_files import StageFile, stage_files

MEMORY_LIMIT: Final = "1GB"
_POSTGRES: Final = ("postgresql://", "postgres://")
# A load that meets another in the same rows is done again. DuckLake itself retries ten times what only came at once.
_TRIES: Final = 6
_WAIT: Final = 0.2  # seconds, doubled each time: six tries span six seconds, several times what a load takes


@dataclass(frozen=True, slots=True)
class Lake:
    """Where a lake's catalogue is: `postgresql://user@host:5432/database`, or a file for one process at a time.

    A password is better left to PGPASSWORD or ~/.pgpass; one in the address is never shown.
    """

    catalogue: str

    def __post_init__(self) -> None:
        if "://" in self.catalogue and not self.catalogue.startswith(_POSTGRES):
            raise WarehouseError(
                f"{self} is no catalogue: give postgresql://user@host:5432/database, or the path of a file"
            )

    def __str__(self) -> str:
        return re.sub(r"(?<=://)([^:/@]*):[^@/]*@", r"\1:…@", self.catalogue)

    @property
    def in_postgres(self) -> bool:
        return self.catalogue.startswith(_POSTGRES)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load brought: files read, files whose rows went because they are gone or changed, sources looked at."""

    files_loaded: int
    files_dropped: int
    sources: int


def world_at(url: str, name: str) -> World:
    """A world whose data folder lies under an fsspec URL (`s3://bucket/data`, `memory://data`); for loading only."""
    return World(cast("Path", UPath(url)) if "://" in url else Path(url).absolute(), name)


def init_lake(lake: Lake, world: World, files: str) -> None:
    """Make the world's lake, its Parquet files under `files`: a folder all machines see, or an fsspec URL.

    Once is enough; a second time with the same place changes nothing, with another one it is refused.
    """
    place = files if "://" in files else str(Path(files).absolute())
    connection = _session(lake)
    try:
        _register(connection, place)
        _attach(connection, lake, world, f"DATA_PATH '{_quoted(place.rstrip('/'))}/{world.name}/'")
        with _transaction(connection):
            bring(connection, world, [], [])
    finally:
        connection.close()


def open_lake(lake: Lake, world: World) -> duckdb.DuckDBPyConnection:
    """A connection whose tables are those of the world's lake. Nothing is made: `init_lake` does that."""
    connection = _session(lake)
    try:
        _attach(connection, lake, world, "CREATE_IF_NOT_EXISTS false")
        [(place,)] = connection.execute("SELECT value FROM lake.options() WHERE option_name = 'data_path'").fetchall()
        _register(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection


def load_lake(lake: Lake, world: World, only: Collection[str] = ()) -> LoadReport:
    """Bring the stage files this machine sees into the lake: of `only` these sources, or of every source found.

    One transaction a source, so a load that is killed is whole or absent, source by source, and is completed by
    running it again. A source whose files are elsewhere is left alone; one named in `only` without files is emptied.
    Files of the whole world (stories, audit, triage) are brought if `only` is empty.
    """
    found = stage_files(world)
    named = sorted(set(only) or {file.source_id for file in found if file.source_id})
    sources: list[str | None] = [*named]
    if not only and any(file.source_id is None for file in found):
        sources.append(None)
    connection = open_lake(lake, world)
    try:
        _register(connection, str(world.folder))
        counts = [
            _load_source(connection, lake, world, source, [file for file in found if file.source_id == source])
            for source in sources
        ]
    finally:
        connection.close()
    return LoadReport(sum(new for new, _ in counts), sum(stale for _, stale in counts), len(named))


def _load_source(
    connection: duckdb.DuckDBPyConnection, lake: Lake, world: World, source: str | None, files: Sequence[StageFile]
) -> tuple[int, int]:
    """One source's files, or those of the whole world, until the lake holds each once; (files read, files dropped)."""
    new = stale = 0
    here = {file.path for file in files}
    for attempt in range(_TRIES):
        try:
            with _transaction(connection):
                known = [file for file in loaded_files(connection) if file.source_id == source]
                if source is None:  # another machine may hold other weeks of the audit
                    known = [file for file in known if file.path in here]
                if known == list(files):
                    return new, stale
                done = bring(connection, world, files, known)
        except duckdb.TransactionException as error:
            if attempt == _TRIES - 1:
                raise WarehouseError(
                    f"{source or 'the stories file'} was not loaded into {lake}: other loads of the same kept coming "
                    "in between; let one machine load it, and run again"
                ) from error
            time.sleep(_WAIT * 2**attempt)
        except (duckdb.Error, OSError) as error:
            raise WarehouseError(
                f"loading {source or 'the stories file'} into {lake} stopped ({_sentence(error, lake)}); nothing of it "
                "is there; check the disk, the files and the catalogue, and run again"
            ) from error
        else:
            # Look once more: had another machine brought the same file meanwhile, it stands twice and is read again.
            new, stale = new + done[0], stale + done[1]
    return new, stale


def tidy_lake(lake: Lake, world: World, *, older_than: datetime) -> int:
    """Forget the lake's states before `older_than` for good, and files no state needs; number of files deleted.

    Until then what was dropped or erased can still be read as of that time. Files of killed loads go too.
    """
    connection = open_lake(lake, world)
    try:
        moment = older_than.isoformat()
        connection.execute("CALL ducklake_expire_snapshots('lake', older_than => CAST(? AS TIMESTAMPTZ))", [moment])
        connection.execute("CALL ducklake_merge_adjacent_files('lake')")
        gone = connection.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)").fetchall()
        orphans = connection.execute(
            "CALL ducklake_delete_orphaned_files('lake', older_than => CAST(? AS TIMESTAMPTZ))", [moment]
        ).fetchall()
        return len(gone) + len(orphans)
    except duckdb.Error as error:
        raise WarehouseError(
            f"tidying {lake} stopped ({_sentence(error, lake)}); nothing that is in use is gone; run again"
        ) from error
    finally:
        connection.close()


# -- the connection ---------------------------------------------------------------------------------------------------


def _session(lake: Lake) -> duckdb.DuckDBPyConnection:
    """DuckDB in memory with the extensions of this lake, from their wheels, and no way to fetch others."""
    spill = Path(tempfile.gettempdir()) / f"shanyraq-lake-{os.getpid()}"
    connection = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    for name in ("ducklake", *(["postgres_scanner"] if lake.in_postgres else [])):
        connection.execute(f"LOAD '{_quoted(extension_file(name))}'")
    connection.execute("SET TimeZone = 'Asia/Almaty'")
    return connection


def extension_file(name: str) -> Path:
    """Where the wheel `duckdb-extension-<name>` put the extension for this version of DuckDB."""
    package = find_spec(f"duckdb_extension_{name}")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}"
        if (path := folder / f"{name}.duckdb_extension").is_file():
            return path
    raise WarehouseError(
        f"DuckDB's extension {name} for version {duckdb.__version__} is not installed; "
        "install the extra `cluster`: pip install 'shanyraq[cluster]'"
    )


def _attach(connection: duckdb.DuckDBPyConnection, lake: Lake, world: World, option: str) -> None:
    where = f"postgres:{lake.catalogue}" if lake.in_postgres else str(Path(lake.catalogue).absolute())
    # Inlining would keep small inserts in the catalogue; all texts shall be in one place, where erasure finds them.
    options = f"METADATA_SCHEMA '{world.name}', DATA_INLINING_ROW_LIMIT 0, {option}"
    try:
        connection.execute(f"ATTACH 'ducklake:{_quoted(where)}' AS lake ({options})")
        connection.execute("USE lake")
    except duckdb.Error as error:
        said = _sentence(error, lake)
        if "lock" in said:
            way_out = "another process has the catalogue's file open; wait, or use a PostgreSQL catalogue for several"
        elif "DATA_PATH" in said:
            way_out = "the world's lake has its files elsewhere; give that place, or another world"
        else:
            way_out = "`shanyraq lake init` makes it; check that the catalogue's server runs and lets this user in"
        raise WarehouseError(
            f"the lake {lake} of the world {world.name} cannot be opened ({said}); {way_out}"
        ) from error


def _register(connection: duckdb.DuckDBPyConnection, place: str) -> None:
    """Let DuckDB read and write `place` through fsspec, if it is a URL."""
    protocol, _, rest = place.partition("://")
    if not rest or protocol == "file" or connection.filesystem_is_registered(protocol):
        return
    try:
        connection.register_filesystem(fsspec.filesystem(protocol))
    except (ImportError, ValueError) as error:
        raise WarehouseError(f"{place} cannot be opened: {error}; install what it names, or use a folder") from error


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # a server that is gone has rolled back by itself
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _quoted(value: str | Path) -> str:
    return str(value).replace("'", "''")


def _sentence(error: BaseException, lake: Lake) -> str:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return first.replace(lake.catalogue, str(lake))
