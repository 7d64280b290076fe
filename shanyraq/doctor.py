"""`shanyraq doctor`: what is wrong with this installation, in words."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawlers.layout import World
from shanyraq.stages import SOURCES

_PACKAGES = ("scrapy", "spacy", "transformers", "apache-airflow", "pandas", "duckdb")
_ROOM_GIB = 2.0  # a national day is about 1 GB with its raw pages


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    good: bool
    said: str


def examine(data: Path) -> list[Finding]:
    """One finding for each thing looked at; a check that itself breaks is a bad finding, not a crash."""
    findings: list[Finding] = []
    for check in (_python, _packages, _writable, _room, _model, _gazetteer, _source_files):
        try:
            findings.append(check(data))
        except Exception as error:
            findings.append(Finding(check.__name__.strip("_"), False, f"{type(error).__name__}: {error}"))
    findings.extend(_worlds(data))
    return findings


def _python(data: Path) -> Finding:
    return Finding("Python", sys.version_info[:2] == (3, 11), f"{sys.version.split()[0]}, needed 3.11")


def _packages(data: Path) -> Finding:
    missing = []
    for name in _PACKAGES:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    return Finding(
        "Packages", not missing, f"missing: {', '.join(missing)}; run `make clean run`" if missing else "there"
    )


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _writable(data: Path) -> Finding:
    near = _existing(data)
    good = os.access(near, os.W_OK)
    return Finding("Data folder", good, f"{data}" + ("" if good else " cannot be written; set SHANYRAQ_DATA=/path"))


def _room(data: Path) -> Finding:
    free = shutil.disk_usage(_existing(data)).free / 2**30
    return Finding("Disk", free > _ROOM_GIB, f"{free:.1f} GiB free at {data}, wanted {_ROOM_GIB:.0f}")


def _model(data: Path) -> Finding:
    from nlp.read import Reader

    reader = Reader.load()
    return Finding(
        "Model", True, f"{reader.classifier.name}, hash {reader.model_hash[:12]}, lexicon {reader.lexicon_hash[:12]}"
    )


def _gazetteer(data: Path) -> Finding:
    from nlp.places import Gazetteer

    Gazetteer.load()
    return Finding("Gazetteer", True, "loads")


def _source_files(data: Path) -> Finding:
    from crawlers.source import read_sources

    return Finding("Source files", True, f"{len(read_sources(SOURCES))} files are good")


def _worlds(data: Path) -> Iterator[Finding]:
    from warehouse.query import run_query

    for path in sorted(data.glob("*/warehouse.duckdb")):
        name = path.parent.name
        world = World(data, name)
        try:
            facts = dict(run_query(world.warehouse, "select key, value from out_build").rows)
            yield Finding(
                f"World {name}", True, f"{facts.get('articles')} articles, snapshot {facts.get('snapshot_hash')}"
            )
        except Exception as error:
            yield Finding(f"World {name}", False, f"{error}; rebuild it with `shanyraq build --world {name}`")
