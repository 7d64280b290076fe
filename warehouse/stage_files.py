"""The files the stages left in a world's folder: which there are, and which of them the database has not read yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from crawlers.layout import Window, World

TABLES: Final = {
    "articles": "raw_article",
    "readings": "raw_reading",
    "stories": "raw_story",
    "outcomes": "raw_outcome",
    "audit": "raw_audit",
    "triage": "raw_triage",
}


@dataclass(frozen=True, slots=True)
class StageFile:
    """One whole file of a stage. `path` is relative to the world; days and source are null if it is of all."""

    path: str
    kind: str
    stage: str | None
    source_id: str | None
    first_day: date | None
    last_day: date | None
    sha256: str


def file_sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _windowed(world: World, folder: Path, kind: str, stage: str | None) -> Iterator[StageFile]:
    for path in sorted(folder.glob("*/*.jsonl")):
        window = Window.parse(path.stem)
        relative = path.relative_to(world.folder).as_posix()
        yield StageFile(relative, kind, stage, path.parent.name, window.first, window.last, file_sha256(path))


def stage_files(world: World) -> list[StageFile]:
    """All stage files of the world in order of path; half-written `.part` files are not among them."""
    found = [
        *_windowed(world, world.folder / "articles", "articles", None),
        *_windowed(world, world.folder / "readings", "readings", None),
    ]
    outcomes = world.folder / "outcomes"
    for folder in sorted(outcomes.iterdir()) if outcomes.is_dir() else []:
        found += _windowed(world, folder, "outcomes", folder.name)
    of_the_world = [("stories", world.stories), ("triage", world.triage)]
    of_the_world += [("audit", path) for path in sorted(world.audit_labels.glob("*.jsonl"))]
    for kind, path in of_the_world:
        if path.exists():
            relative = path.relative_to(world.folder).as_posix()
            found.append(StageFile(relative, kind, None, None, None, None, file_sha256(path)))
    return sorted(found, key=lambda file: file.path)
