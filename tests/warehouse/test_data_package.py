"""The export of all tables: typed, described, keyed, hashed, whole; and the data dictionary, held to the same schema."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pyarrow.parquet as pq
import pytest

from warehouse.data_package import damaged_files, export_package
from warehouse.dictionary import dictionary_markdown, keys, published_in, table_named
from warehouse.errors import WarehouseError

NAME = {"type": "string", "pattern": "^[a-z0-9._-]+$"}
TEXT = {"type": "string", "minLength": 1}
# The parts of the Data Package profile (version 2, and 1 where it is stricter) that an export makes use of.
PROFILE: dict[str, Any] = {
    "type": "object",
    "required": ["$schema", "profile", "name", "title", "description", "version", "licenses", "resources"],
    "properties": {
        "name": NAME,
        "licenses": {"$ref": "#/$defs/licenses"},
        "keywords": {"type": "array", "minItems": 1, "items": TEXT},
        "resources": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/resource"}},
    },
    "$defs": {
        "licenses": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "anyOf": [{"required": ["name"]}, {"required": ["path"]}]},
        },
        "resource": {
            "type": "object",
            "required": ["name", "path", "format", "mediatype", "description", "bytes", "hash", "licenses", "schema"],
            "properties": {
                "name": NAME,
                "path": {"type": "string", "pattern": r"^[a-z0-9_]+\.(parquet|csv)$"},
                "type": {"const": "table"},
                "bytes": {"type": "integer", "minimum": 1},
                "hash": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                "licenses": {"$ref": "#/$defs/licenses"},
                "sources": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["title"]}},
                "schema": {"$ref": "#/$defs/schema"},
            },
        },
        "schema": {
            "type": "object",
            "required": ["fields", "missingValues"],
            "properties": {
                "fields": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["name", "type", "description"],
                        "properties": {
                            "description": TEXT,
                            "type": {
                                "enum": [
                                    "string",
                                    "integer",
                                    "number",
                                    "boolean",
                                    "date",
                                    "datetime",
                                    "array",
                                    "object",
                                ]
                            },
                        },
                    },
                },
                "primaryKey": {"type": "array", "minItems": 1, "items": TEXT},
                "foreignKeys": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["fields", "reference"],
                        "properties": {"reference": {"type": "object", "required": ["resource", "fields"]}},
                    },
                },
            },
        },
    },
}


def descriptor(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return record


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def parquet(telling: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package") / "export"
    export_package(telling, folder)
    return folder


def test_the_descriptor_follows_the_profile_and_points_to_what_is_there(parquet: Path, telling: Path) -> None:
    package = descriptor(parquet)
    jsonschema.Draft202012Validator(PROFILE).validate(package)
    resources = {resource["name"]: resource for resource in package["resources"]}
    assert list(resources) == [table.name for table in published_in(telling)]
    for resource in resources.values():
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert set(resource["schema"].get("primaryKey", [])) <= set(names)
        for foreign in resource["schema"].get("foreignKeys", []):
            assert set(foreign["fields"]) <= set(names)
            target = resources[foreign["reference"]["resource"]]
            assert foreign["reference"]["fields"] == target["schema"]["primaryKey"]
    assert resources["ref_region_group"]["sources"]
    assert resources["ref_district"]["licenses"][0]["name"] == "CC-BY-4.0"
    assert package["shanyraq"]["snapshot_hash"]


def test_parquet_holds_the_rows_types_and_sentences(parquet: Path, telling: Path) -> None:
    tables = published_in(telling)  # first: a connection of ours forbids files to all others of this process
    with duckdb.connect(str(telling), read_only=True) as connection:
        connection.execute("SET TimeZone = 'Asia/Almaty'")
        for table in tables:
            path = parquet / f"{table.name}.parquet"
            stored = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()
            differ = (
                f"(FROM {table.name} EXCEPT ALL FROM '{path}') UNION ALL (FROM '{path}' EXCEPT ALL FROM {table.name})"
            )
            assert connection.execute(f"SELECT count(*) FROM ({differ})").fetchone() == (0,), table.name
            assert pq.read_metadata(path).num_rows == (stored or (0,))[0] == table.rows
            schema = pq.read_schema(path)
            assert schema.metadata[b"table"].decode() == table.description
            assert schema.metadata[b"fictional"] == b"false"
            assert {f.name: f.metadata[b"description"].decode() for f in schema} == {
                column.name: column.description for column in table.columns
            }


def test_the_same_warehouse_gives_the_same_bytes_and_replaces_the_old_export(parquet: Path, telling: Path) -> None:
    before = contents(parquet)
    (parquet / "stray.txt").write_text("left from somewhere", "utf-8")
    export_package(telling, parquet)
    assert contents(parquet) == before
    assert [path.name for path in parquet.parent.iterdir()] == [parquet.name]


def test_csv_reads_back_and_holds_no_formula(telling: Path, tmp_path: Path) -> None:
    report = export_package(telling, tmp_path / "csv", "csv")
    package = descriptor(tmp_path / "csv")
    jsonschema.Draft202012Validator(PROFILE).validate(package)
    assert package["profile"] == "tabular-data-package"
    assert report.tables == len(package["resources"])
    for resource in package["resources"]:
        with (tmp_path / "csv" / resource["path"]).open(encoding="utf-8", newline="") as handle:
            head, *rows = csv.reader(handle)
        assert head == [field["name"] for field in resource["schema"]["fields"]]
        numbers = [n for n, field in enumerate(resource["schema"]["fields"]) if field["type"] in ("integer", "number")]
        for row in rows:
            assert all(row[n] == "" or float(row[n]) is not None for n in numbers)
            assert not [cell for n, cell in enumerate(row) if n not in numbers and cell[:1] in "=+@" and cell]
    [languages] = {
        row["languages"] for row in csv.DictReader((tmp_path / "csv" / "core_source.csv").open("r", encoding="utf-8"))
    }
    assert json.loads(languages) == ["ru"]


def test_a_folder_of_somebody_else_is_left_alone(telling: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "yurt.jpg").write_bytes(b"a")
    with pytest.raises(WarehouseError, match="is there and is no earlier export; name a new folder"):
        export_package(telling, tmp_path / "photos")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["yurt.jpg"]


def test_an_export_that_fails_leaves_nothing_and_the_old_one(
    parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, telling: Path
) -> None:
    before = contents(parquet)

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("warehouse.data_package.write_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        export_package(telling, parquet)
    assert contents(parquet) == before
    with pytest.raises(OSError, match="No space left"):
        export_package(telling, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(WarehouseError, match="is not there yet"):
        export_package(tmp_path / "no.duckdb", tmp_path / "new")


def test_damage_is_found_by_the_hashes(telling: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    export_package(telling, folder)
    assert damaged_files(folder) == []
    path = folder / "out_alert.parquet"
    whole = path.read_bytes()
    for position in range(0, len(whole), max(1, len(whole) // 200)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        assert damaged_files(folder) == ["out_alert.parquet"]
    path.write_bytes(whole[:-1])
    (folder / "out_week.parquet").unlink()
    assert damaged_files(folder) == ["out_alert.parquet", "out_week.parquet"]
    (folder / "datapackage.json").write_text("{", "utf-8")
    with pytest.raises(WarehouseError, match="cannot be read; export the folder again"):
        damaged_files(folder)


def test_keys_tell_rows_apart_and_point_to_rows(telling: Path) -> None:
    primary, foreign = keys()
    tables = {table.name: {column.name for column in table.columns} for table in published_in(telling)}
    assert set(primary) <= set(tables)
    assert set(foreign) <= set(tables)
    with duckdb.connect(str(telling), read_only=True) as connection:
        for table, columns in primary.items():
            listed = ", ".join(columns)
            twice = f"SELECT {listed}, count(*) FROM {table} GROUP BY {listed} HAVING count(*) > 1"
            nulls = f"SELECT 1 FROM {table} WHERE {' OR '.join(f'{column} IS NULL' for column in columns)}"
            assert connection.execute(twice).fetchall() == [], table
            assert connection.execute(nulls).fetchall() == [], table
        for table, targets in foreign.items():
            for column, target in targets.items():
                [key] = primary[target]
                lost = f"SELECT {column} FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {target})"
                assert connection.execute(lost).fetchall() == [], (table, column)


def test_the_data_dictionary_is_current(telling: Path) -> None:
    """When it fails: `python -m warehouse dictionary data/sample/warehouse.duckdb > docs/data-dictionary.md`."""
    page = Path(__file__).parents[2] / "docs" / "data-dictionary.md"
    assert page.read_text("utf-8") == dictionary_markdown(published_in(telling))


def test_an_unknown_table_names_the_nearest(telling: Path) -> None:
    assert table_named(published_in(telling), "out_week").primary == ("week",)
    with pytest.raises(WarehouseError, match="did you mean out_alert"):
        table_named(published_in(telling), "out_alerts")
