"""The heads and labels of the codebook, read from `labels.toml`: the only list of what the classifier may say."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LABELS_FILE: Final = Path(__file__).with_name("labels.toml")
_LANGUAGES: Final = ("kk", "ru", "en")


class LabelError(ValueError):
    """A label, a head or an entry of labels.toml that the codebook does not know; the message names it."""


@dataclass(frozen=True, slots=True)
class Label:
    """One code of a head with its names by language, its definition and one example text."""

    code: str
    names: dict[str, str]
    definition: str
    example: str


@dataclass(frozen=True, slots=True)
class Head:
    """One question. `scope` is text or group, `kind` is one (exactly one label) or many (any number)."""

    head: str
    scope: str
    kind: str
    names: dict[str, str]
    labels: tuple[Label, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(label.code for label in self.labels)

    def index(self, code: str | int) -> int:
        """Position of a code; an unknown one is a `LabelError`."""
        try:
            return self.codes.index(str(code))
        except ValueError:
            raise LabelError(f"{self.head}: unknown label {code!r}; known: {', '.join(self.codes)}") from None


@functools.cache
def read_labels(path: Path = LABELS_FILE) -> dict[str, Head]:
    """All heads in the file's order. An entry without names, definition or example is a `LabelError`."""
    record: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return {head: _head_from(head, entry, path.name) for head, entry in record.items()}


def heads_of(scope: str) -> list[Head]:
    """The heads of a scope (text or group) in order: the columns of a model's scores."""
    return [head for head in read_labels().values() if head.scope == scope]


def codes_by_head(heads: Iterable[Head]) -> dict[str, list[str]]:
    """What a model file states it was trained on."""
    return {head.head: list(head.codes) for head in heads}


def check_annotation(annotation: dict[str, Any], where: str) -> None:
    """Raise `LabelError` if one label of an annotated text is not in the codebook; absent heads are allowed."""
    heads = read_labels()
    try:
        for head in heads.values():
            if head.scope == "text" and head.head in annotation:
                value = annotation[head.head]
                for code in value if head.kind == "many" else [value]:
                    head.index(code)
        for group in annotation.get("groups", []):
            for name in ("st", "sev"):
                if name in group:
                    heads[name].index(group[name])
    except LabelError as error:
        raise LabelError(f"{where}: {error}") from error


def _head_from(head: str, entry: dict[str, Any], where: str) -> Head:
    if entry.get("scope") not in ("text", "group") or entry.get("kind") not in ("one", "many"):
        raise LabelError(f"{where}: [{head}] needs scope text or group and kind one or many")
    labels = []
    for code, fields in entry.get("labels", {}).items():
        if missing := [key for key in (*_LANGUAGES, "definition", "example") if not str(fields.get(key, "")).strip()]:
            raise LabelError(f"{where}: [{head}.labels.{code}] lacks {', '.join(missing)}")
        names = {language: fields[language] for language in _LANGUAGES}
        labels.append(Label(code, names, fields["definition"], fields["example"]))
    if len(labels) < 2:
        raise LabelError(f"{where}: [{head}] needs at least two labels")
    return Head(
        head, entry["scope"], entry["kind"], {language: entry[language] for language in _LANGUAGES}, tuple(labels)
    )
