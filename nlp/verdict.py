"""What every classifier answers, whatever is inside: the labels of one case, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nlp.features import Case

Probabilities = dict[str, dict[str, float]]


class ModelError(RuntimeError):
    """A model folder that must not be used; the message says which file, what is wrong, and the way out."""


@dataclass(frozen=True, slots=True)
class GroupPrediction:
    """Stance and severity towards one target of a case, with probabilities by head (`st`, `sev`)."""

    st: int
    sev: int
    p: Probabilities


@dataclass(frozen=True, slots=True)
class Prediction:
    """One case's labels as the model chose them; `groups` stands in the order of `Case.targets`."""

    rel: str
    voice: str
    time: str
    frame: str
    acts: tuple[str, ...]
    themes: tuple[str, ...]
    groups: tuple[GroupPrediction, ...]
    p: Probabilities


class Classifier(Protocol):
    """Anything that labels cases: the n-gram baseline, the shipped encoder, a checkpoint plugged in."""

    @property
    def name(self) -> str: ...

    @property
    def model_hash(self) -> str: ...

    def predict(self, cases: Sequence[Case]) -> list[Prediction]: ...
