"""All published tables as a folder of files with `datapackage.json` (Frictionless): for R, Python, archives, exchange.

The form `parquet` keeps types; `csv` opens everywhere (and is a Tabular Data Package in the strict sense). The same
warehouse gives the same bytes: no clock enters.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import duckdb

from crawlers.layout import whole_file
from warehouse.answer_files import write_csv, write_parquet
from warehouse.dictionary import PublishedTable, keys, published
from warehouse.errors import WarehouseError
from warehouse.query import open_warehouse, rows_of

Form = Literal["parquet", "csv"]
DESCRIPTOR: Final = "datapackage.json"
_BATCH: Final = 50_000
_MEDIA: Final[Mapping[Form, str]] = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}
# DuckDB's types in the words of Table Schema; any other is a mistake of ours and crashes.
_TYPES: Final = {
    "VARCHAR": "string",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "datetime",
    "VARCHAR[]": "array",
    "JSON": "object",
}


@dataclass(frozen=True, slots=True)
class PackageReport:
    folder: Path
    tables: int
    rows: int
    bytes: int


def export_package(warehouse: Path, folder: Path, form: Form = "parquet") -> PackageReport:
    """Write every published table and the descriptor; the folder appears when all of it is there.

    An earlier export is replaced by two renames; between them, for an instant, there is none. Any other folder that
    is not empty is left alone. WarehouseError for that and for a warehouse that cannot be read.
    """
    if folder.exists() and not (folder / DESCRIPTOR).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise WarehouseError(f"{folder} is there and is no earlier export; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left_over in folder.parent.glob(f".{folder.name}.*.part"):  # of an export that was killed
        shutil.rmtree(left_over, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        report = _write(warehouse, part, form)
        part.chmod(0o755)
        old = part.with_suffix(".old.part")
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return PackageReport(folder, report.tables, report.rows, report.bytes)


def _write(warehouse: Path, folder: Path, form: Form) -> PackageReport:
    with open_warehouse(warehouse) as connection:
        try:
            facts: dict[str, str] = dict(connection.execute("SELECT key, value FROM out_build ORDER BY key").fetchall())
            tables = published(connection)
            known = frozenset(table.name for table in tables)
            resources = [_resource(connection, table, folder, form, facts, known) for table in tables]
        except duckdb.Error as error:
            said = str(error).splitlines()[0]
            raise WarehouseError(
                f"{warehouse} cannot be read ({said}); `shanyraq publish` puts a whole copy there"
            ) from error
    about = tomllib.loads((Path(__file__).parent / "package.toml").read_text("utf-8"))
    fictional = "All outlets, places and events in it are fictional. " if facts.get("fictional") == "true" else ""
    descriptor: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "profile": "tabular-data-package" if form == "csv" else "data-package",
        "name": f"shanyraq-{facts.get('world', 'world')}",
        "title": about["title"],
        "description": fictional + about["description"],
        "version": facts.get("version", ""),
        "keywords": about["keywords"],
        "licenses": [about["licences"]["made"]],
        "shanyraq": facts,
        "resources": resources,
    }
    with whole_file(folder / DESCRIPTOR) as handle:
        json.dump(descriptor, handle, ensure_ascii=False, indent=1)
        handle.write("\n")
    size = sum(resource["bytes"] for resource in resources)
    return PackageReport(folder, len(resources), sum(table.rows for table in tables), size)


def _resource(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    folder: Path,
    form: Form,
    facts: Mapping[str, str],
    known: frozenset[str],
) -> dict[str, Any]:
    """Write one table; its entry in the descriptor."""
    path = folder / f"{table.name}.{form}"
    cursor = connection.execute(f"SELECT * FROM {table.name} ORDER BY ALL")  # noqa: S608 - own names
    if form == "parquet":
        told = {column.name: column.description for column in table.columns}
        write_parquet(cursor.to_arrow_reader(_BATCH), path, {"table": table.description, **facts}, told)
    else:
        with whole_file(path) as handle:
            write_csv([column.name for column in table.columns], rows_of(cursor), handle)
    guard = " Text that begins like a formula has an apostrophe before it." if form == "csv" else ""
    resource: dict[str, Any] = {
        "name": table.name,
        "type": "table",
        "profile": "tabular-data-resource" if form == "csv" else "data-resource",
        "path": path.name,
        "format": form,
        "mediatype": _MEDIA[form],
        "title": table.name,
        "description": f"{table.description}.{guard}",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
        "licenses": [licence_of(table.name)],
        "schema": _schema(table, known),
    }
    if form == "csv":
        resource["encoding"] = "utf-8"
    if any(column.name == "source" for column in table.columns):
        query = f"SELECT DISTINCT source FROM {table.name} WHERE source IS NOT NULL ORDER BY 1"  # noqa: S608 - own names
        resource["sources"] = [{"title": source} for (source,) in connection.execute(query).fetchall()]
        if not resource["sources"]:
            del resource["sources"]  # the profile allows no empty list
    return resource


def _schema(table: PublishedTable, known: frozenset[str]) -> dict[str, Any]:
    fields = [
        {"name": column.name, "type": _TYPES[column.type], "description": column.description}
        for column in table.columns
    ]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table.primary:
        schema["primaryKey"] = list(table.primary)
    foreign = [
        {"fields": [name], "reference": {"resource": target, "fields": [_key_of(target)]}}
        for name, target in table.foreign.items()
        if target in known
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    return schema


def _key_of(target: str) -> str:
    [column] = keys()[0][target]
    return column


def licence_of(table: str) -> dict[str, str]:
    """The licence of a table, as `package.toml` has it."""
    about = tomllib.loads((Path(__file__).parent / "package.toml").read_text("utf-8"))
    licence: dict[str, str] = about["licences"][about["tables"].get(table, "made")]
    return licence


def sha256_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def damaged_files(folder: Path) -> list[str]:
    """Files of an export that are missing or not as they were written, by the hashes in its descriptor."""
    descriptor = folder / DESCRIPTOR
    try:
        resources = json.loads(descriptor.read_text("utf-8"))["resources"]
        expected = {resource["path"]: resource["hash"] for resource in resources}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WarehouseError(f"{descriptor} cannot be read; export the folder again") from error
    damaged = []
    for name, told in expected.items():
        found = ""
        with contextlib.suppress(OSError):
            found = f"sha256:{sha256_of(folder / name)}"
        if found != told:
            damaged.append(name)
    return damaged
