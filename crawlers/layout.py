"""Where a run's files lie: one folder a world (the sample, an archive, live sources) under the data folder.

Stages write one file per source and window under a temporary name and rename it when it is whole, so a reader
never meets half a file. Worlds are apart because a fictional item must never stand beside a real one.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Literal, overload

_WORLD = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class LayoutError(ValueError):
    """A name or window that cannot be a place in the data folder."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days asked for, both ends included, in Asia/Almaty."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise LayoutError(f"the last day {self.last} lies before the first, {self.first}; exchange them")

    def __str__(self) -> str:
        return f"{self.first.isoformat()}_{self.last.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> Window:
        """`2025-11-03_2026-05-31`, or one day."""
        first, _, last = text.partition("_")
        return cls(date.fromisoformat(first), date.fromisoformat(last or first))


@dataclass(frozen=True, slots=True)
class World:
    """One world's folder. All paths are methods, so the tree is described in one place."""

    root: Path  # the data folder
    name: str  # sample, live, or an archive's name

    def __post_init__(self) -> None:
        if not _WORLD.fullmatch(self.name):
            raise LayoutError(f"{self.name!r} cannot be a world's name; use lower-case letters, digits, - and _")

    @property
    def folder(self) -> Path:
        return self.root / self.name

    @property
    def fictional(self) -> bool:
        return self.name == "sample"

    def make_folders(self) -> None:
        """Make the restricted folders readable by their owner alone: they hold pages and texts as published."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("raw", "fetched", "articles", "readings", "outcomes", "rejects", "build"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)

    def raw(self, source_id: str, window: Window) -> Path:
        """Quarantine: pages as fetched. Never opened by analysts, never published."""
        return self.folder / "raw" / source_id / f"{window}.warc.gz"

    def fetched(self, source_id: str, window: Window) -> Path:
        """Fetch log, one JSON line an address: url, status, digest, genre, feed date."""
        return self.folder / "fetched" / source_id / f"{window}.jsonl"

    def articles(self, source_id: str, window: Window) -> Path:
        return self.folder / "articles" / source_id / f"{window}.jsonl"

    def readings(self, source_id: str, window: Window) -> Path:
        return self.folder / "readings" / source_id / f"{window}.jsonl"

    def outcomes(self, stage: str, source_id: str, window: Window) -> Path:
        return self.folder / "outcomes" / stage / source_id / f"{window}.jsonl"

    def rejects(self, name: str) -> Path:
        return self.folder / "rejects" / f"{name}.jsonl"

    @property
    def stories(self) -> Path:
        """One file for the world: a story spans sources and days. article_id, story_id, copy_of."""
        return self.folder / "stories.jsonl"

    @property
    def audit_sheets(self) -> Path:
        """Restricted: samples with texts, for a person to fill in. Only this folder of the audit holds texts."""
        return self.folder / "audit" / "sheets"

    @property
    def audit_draws(self) -> Path:
        """One JSON lines file a week: which articles were drawn, and for how many stories they stand."""
        return self.folder / "audit" / "draws"

    @property
    def audit_labels(self) -> Path:
        """One JSON lines file a week: what a person said of the articles drawn."""
        return self.folder / "audit" / "labels"

    @property
    def triage(self) -> Path:
        """One file for the world, a line a decision on an alert, in the order in which they were taken."""
        return self.folder / "triage.jsonl"

    @property
    def build(self) -> Path:
        """The database only the loader opens."""
        return self.folder / "build" / "build.duckdb"

    @property
    def warehouse(self) -> Path:
        """The checked copy analysts open; replaced whole, never written in place."""
        return self.folder / "warehouse.duckdb"

    @property
    def reference(self) -> Path:
        """Imported reference tables, of all worlds: what the state publishes does not depend on what is watched."""
        return self.root / "reference"

    def issue(self, week: str) -> Path:
        return self.folder / "issues" / week

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"

    @property
    def site(self) -> Path:
        return self.folder / "site"


@overload
def whole_file(path: Path, mode: Literal["w"] = "w") -> contextlib.AbstractContextManager[IO[str]]: ...
@overload
def whole_file(path: Path, mode: Literal["wb"]) -> contextlib.AbstractContextManager[IO[bytes]]: ...
def whole_file(path: Path, mode: Literal["w", "wb"] = "w") -> contextlib.AbstractContextManager[IO[str] | IO[bytes]]:
    """Open a temporary neighbour of `path`; rename it onto `path` only if the block ends well.

    A full disk, a kill or Ctrl-C leaves the old file, and at most a `.part` file that the next run removes.
    """
    return _whole_file(path, mode)


@contextlib.contextmanager
def _whole_file(path: Path, mode: str) -> Iterator[IO[str] | IO[bytes]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, mode, encoding=None if "b" in mode else "utf-8") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
