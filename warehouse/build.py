"""From stage files to the checked build database: load what is new, derive every table, check; and its publication.

One transaction: a build that fails, is killed or meets a full disk leaves the build database and the published file
as they were. Publishing is a step of its own (`publish_build`), so that a build can be looked at before.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd

from crawlers.layout import World
from crawlers.source import Source
from warehouse.errors import CheckFailed, WarehouseError, WarehouseLocked
from warehouse.lake import Lake, open_lake
from warehouse.publish import publish
from warehouse.raw_tables import bring, loaded_files, table_names, write_frame
from warehouse.reference_files import SHIPPED, files_in_force
from warehouse.signals import DEFAULT, Rule
from warehouse.stage_files import StageFile, file_sha256, stage_files
from warehouse.steps import FOLDER, Function, functions, order, selects

MEMORY_LIMIT: Final = "1GB"  # HARDENING: memory under 1 GB; DuckDB spills to a folder beside the database
_SHOWN_ROWS: Final = 5
# What the disk or a stage file can do to a build. Any other DuckDB error is a mistake in our SQL and may crash.
_REFUSED: Final = (
    OSError, duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InvalidInputException, duckdb.ConversionException,
    duckdb.TransactionException, duckdb.FatalException,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `changed` false: files, sources, models, rule and program are those of the last build.

    `alerts` and `watches` are cells of that level raised or continuing, `held` those of either level not raised.
    """

    changed: bool
    files_loaded: int
    files_dropped: int
    articles: int
    stories: int
    weeks: int
    alerts: int
    watches: int
    held: int
    articles_of_unlisted_sources: int
    warehouse: Path


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """The build database for writing; every failure to open it is one sentence."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(path), config={"memory_limit": MEMORY_LIMIT, "temp_directory": f"{path}.tmp"})
    except (OSError, duckdb.Error) as error:
        if "lock" in str(error):
            raise WarehouseLocked(
                f"{path} is being written by another process; wait until it ends, or stop it, and run again"
            ) from error
        refused = any(words in str(error) for words in ("Read-only", "Permission", "No space", "File too large"))
        way_out = (
            "check disk space and permission, or choose another data folder with SHANYRAQ_DATA=/path"
            if refused
            else "delete the file: the next build makes it again from the stage files"
        )
        raise WarehouseError(f"{path} cannot be opened ({_first_line(error)}); {way_out}") from error
    connection.execute("SET TimeZone = 'Asia/Almaty'")
    return connection


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def program_hash() -> str:
    """Fingerprint of everything here that decides what a table says: SQL, reference data, Python."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.parent.name in {"questions", "published"}:
            continue  # what is asked of the finished file changes no table
        if path.suffix in {".sql", ".csv", ".toml", ".py"}:
            digest.update(path.relative_to(FOLDER).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _write_inputs(
    connection: duckdb.DuckDBPyConnection, world: World, sources: Sequence[Source], info: Mapping[str, str], rule: Rule
) -> None:
    names = ("source_id", "name", "kind", "owner_group", "stratum", "home_region")
    columns = dict.fromkeys(names, "VARCHAR") | {"languages": "VARCHAR[]"}
    rows = [
        {**{name: getattr(source, name) for name in names}, "languages": list(source.languages)} for source in sources
    ]
    write_frame(connection, "raw_source", pd.DataFrame(rows, columns=list(columns)), columns)
    facts = {
        **info,
        "world": world.name,
        "fictional": str(world.fictional).lower(),
        "rule": rule.name,
        "parameters": json.dumps(asdict(rule), sort_keys=True),
    }
    frame = pd.DataFrame(sorted(facts.items()), columns=["key", "value"])
    write_frame(connection, "raw_info", frame, {"key": "VARCHAR", "value": "VARCHAR"})


def _derive(connection: duckdb.DuckDBPyConnection, rule: Rule, reference: Mapping[str, Sequence[Path]]) -> None:
    """All tables that follow from the raw ones and the reference files in force."""
    for name, paths in reference.items():
        connection.execute(f"SET VARIABLE reference_{name} = ?", [[str(path) for path in paths]])
    queries, computed = selects(), functions(rule)
    for table in order(queries, computed):
        try:
            if table in computed:
                _compute(connection, table, computed[table])
            else:
                connection.execute(f"CREATE OR REPLACE TABLE {table} AS\n{queries[table]}")
        except Exception as error:
            error.add_note(f"while making the table {table}")
            raise


def _compute(connection: duckdb.DuckDBPyConnection, table: str, step: Function) -> None:
    frame = connection.execute(f"SELECT * FROM {step.reads} ORDER BY ALL").df()  # noqa: S608 - own names
    write_frame(connection, table, step.compute(frame), step.columns)


def column_docs() -> dict[str, dict[str, str]]:
    """What every published column means: table -> column -> sentence."""
    documents: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "columns.toml").read_text("utf-8"))
    return documents


def _write_docs(connection: duckdb.DuckDBPyConnection) -> None:
    rows = [(table, column, text) for table, columns in column_docs().items() for column, text in columns.items()]
    frame = pd.DataFrame(rows, columns=["table_name", "column_name", "description"])
    write_frame(connection, "column_doc", frame, dict.fromkeys(frame.columns, "VARCHAR"))


def run_checks(connection: duckdb.DuckDBPyConnection, folder: Path = FOLDER / "checks") -> None:
    """Every check is a SELECT of bad rows; the first that finds any refuses the build with its name and rows."""
    for path in sorted(folder.glob("*.sql")):
        query = path.read_text("utf-8")
        cursor = connection.execute(query)
        if rows := cursor.fetchmany(_SHOWN_ROWS):
            names = [column[0] for column in cursor.description or []]
            shown = "; ".join(", ".join(f"{n}={v}" for n, v in zip(names, row, strict=True)) for row in rows)
            meaning = query.splitlines()[0].removeprefix("--").strip()
            raise CheckFailed(f"check {path.stem} refuses the build: {meaning}. First bad rows: {shown}")


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row: tuple[Any, ...] | None = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _fact(connection: duckdb.DuckDBPyConnection, key: str) -> int:
    """A count of `out_build`."""
    return _one(connection, f"SELECT value FROM out_build WHERE key = '{key}'")  # noqa: S608 - own names


def _report(connection: duckdb.DuckDBPyConnection, world: World, changed: bool, new: int, stale: int) -> BuildReport:
    return BuildReport(
        changed=changed,
        files_loaded=new,
        files_dropped=stale,
        articles=_one(connection, "SELECT count(*) FROM core_article"),
        stories=_one(connection, "SELECT count(DISTINCT story_id) FROM core_article"),
        weeks=_one(connection, "SELECT count(*) FROM out_week"),
        alerts=_fact(connection, "alerts"),
        watches=_fact(connection, "watches"),
        held=_fact(connection, "held"),
        articles_of_unlisted_sources=_fact(connection, "articles_of_unlisted_sources"),
        warehouse=world.warehouse,
    )


def _fingerprint(
    files: Sequence[StageFile],
    sources: Sequence[Source],
    info: Mapping[str, str],
    rule: Rule,
    reference: Mapping[str, Sequence[Path]],
) -> str:
    contents = [(file.path, file.sha256) for file in files]
    inputs = [path for paths in reference.values() for path in paths]
    imports = [(path.name, file_sha256(path)) for path in inputs if path.parent != SHIPPED]
    parts = [program_hash(), contents, imports, [asdict(source) for source in sources], dict(info), asdict(rule)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _is_published(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Is the file analysts open a copy of this build, byte for byte as published? A damaged one is published again."""
    if not path.exists() or "raw_published" not in table_names(connection):
        return False
    return connection.execute("SELECT sha256 FROM raw_published").fetchone() == (file_sha256(path),)


def _is_current(connection: duckdb.DuckDBPyConnection, fingerprint: str) -> bool:
    if "raw_fingerprint" not in table_names(connection):
        return False
    return connection.execute("SELECT value FROM raw_fingerprint").fetchone() == (fingerprint,)


def _need_articles(files: Sequence[StageFile], sources: Sequence[Source], where: str) -> None:
    if not any(file.kind == "articles" for file in files):
        raise WarehouseError(f"no articles under {where}; crawl or import something first")
    listed = {source.source_id for source in sources}
    if not any(file.kind == "articles" and file.source_id in listed for file in files):
        raise WarehouseError(f"no source that is listed has articles under {where}; put its source file back")


def build(
    world: World,
    *,
    sources: Sequence[Source],
    model_info: Mapping[str, str],
    parameters: Rule = DEFAULT,
    lake: Lake | None = None,
) -> BuildReport:
    """Load, derive and check `world`. The same files give the same rows, whatever happened in between.

    Stage files of a source that is not in `sources` are left out; `out_build` says how many articles that are.
    `model_info` goes into `out_build` (at least model, model_hash, lexicon_hash, version). WarehouseLocked if another
    process builds; CheckFailed if a check finds bad rows; WarehouseError for anything the disk refuses. In all three
    cases the published file is the old one.

    With a `lake` the tables are derived there, from what its loaders brought (`warehouse.lake.load_lake`).
    """
    sources = sorted(sources, key=lambda source: source.source_id)
    reference = files_in_force(world.reference)
    files = stage_files(world) if lake is None else []
    if lake is None:
        _need_articles(files, sources, str(world.folder))
    connection = connect(world.build) if lake is None else open_lake(lake, world)
    try:
        connection.execute("BEGIN")  # from here on a lake's later loads are not seen
        known = loaded_files(connection)
        if lake is not None:
            files = known
            _need_articles(files, sources, f"the lake {lake}")
        fingerprint = _fingerprint(files, sources, model_info, parameters, reference)
        if _is_current(connection, fingerprint):
            new, stale, changed = 0, 0, False
        else:
            new, stale = bring(connection, world, files, known) if lake is None else (0, 0)
            _write_inputs(connection, world, sources, model_info, parameters)
            _derive(connection, parameters, reference)
            _write_docs(connection)
            run_checks(connection)
            write_frame(connection, "raw_fingerprint", pd.DataFrame({"value": [fingerprint]}), {"value": "VARCHAR"})
            connection.execute("DROP TABLE IF EXISTS raw_published")  # what analysts have is no longer this build
            connection.execute("COMMIT")
            changed = True
        return _report(connection, world, changed, new, stale)
    except _REFUSED as error:
        raise WarehouseError(
            f"the build of {world.folder} stopped ({_first_line(error)}); the published warehouse is unchanged; "
            "check disk space and permission and run again, or write a damaged stage file anew with --again"
        ) from error
    finally:
        connection.close()


def publish_build(world: World, *, lake: Lake | None = None) -> bool:
    """Put a copy of the checked build where analysts open it; false if the file there is that copy already.

    The build database holds nothing unchecked: checks run before its transaction ends. Errors as in `build`.
    """
    if lake is None and not world.build.exists():
        raise WarehouseError(f"nothing is built under {world.folder}; run `shanyraq build` first")
    connection = connect(world.build) if lake is None else open_lake(lake, world)
    try:
        if "raw_fingerprint" not in table_names(connection):
            raise WarehouseError(f"{lake or world.build} holds no finished build; run `shanyraq build` first")
        if _is_published(connection, world.warehouse):
            return False
        publish(connection, world.warehouse)
        frame = pd.DataFrame({"sha256": [file_sha256(world.warehouse)]})
        write_frame(connection, "raw_published", frame, {"sha256": "VARCHAR"})
        return True
    except _REFUSED as error:
        raise WarehouseError(
            f"publishing {world.warehouse} stopped ({_first_line(error)}); the file analysts open is unchanged; "
            "check disk space and permission, and run again"
        ) from error
    finally:
        connection.close()
