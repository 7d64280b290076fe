"""From a network's scores to labels: calibrated probabilities, then the cuts and factors of a model's card.

In: raw scores of the text heads (texts × labels) and group heads (pairs × labels). Out: probabilities and chosen codes.
Everything here is a pure function of the scores and of `Decisions`, which stands in model.json.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from nlp.features import Floats
from nlp.labels import Head, read_labels
from nlp.verdict import GroupPrediction, Prediction, Probabilities

_NEGATIVE: Final = "-1"


@dataclass(frozen=True, slots=True)
class Decisions:
    """By head: `temperature` and `shift` (one a label) make scores into probabilities; `factor` (one-of heads) and
    `cut` (any-of heads, and the degrees of severity) make probabilities into labels."""

    temperature: dict[str, float]
    shift: dict[str, list[float]]
    factor: dict[str, list[float]]
    cut: dict[str, list[float]]

    def to_record(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Decisions:
        """Inverse of `to_record`; a missing head or a wrong number of labels is a ValueError."""
        lacking = [name for name in cls.__dataclass_fields__ if not isinstance(record.get(name), dict)]
        if lacking:
            raise ValueError(f"decisions without {', '.join(lacking)}")
        made = cls(**{name: record[name] for name in cls.__dataclass_fields__})
        for head in read_labels().values():
            wide = len(head.codes)
            needed = made.cut if head.kind == "many" or head.head == "sev" else made.factor
            expected = wide - 1 if head.head == "sev" else wide
            if head.head not in made.temperature or len(made.shift.get(head.head, ())) != wide:
                raise ValueError(f"no temperature or shift for {head.head} with {wide} labels")
            if len(needed.get(head.head, ())) != expected:
                raise ValueError(f"no cuts or factors for {head.head} with {expected} labels")
        numbers = [*made.temperature.values()]
        numbers += [v for table in (made.shift, made.factor, made.cut) for row in table.values() for v in row]
        if not all(isinstance(v, int | float) and math.isfinite(v) for v in numbers):
            raise ValueError("decisions hold something that is no number")
        if any(value <= 0 for value in made.temperature.values()):
            raise ValueError("a temperature that is not above 0")
        return made

    def probabilities(self, head: Head, scores: Floats) -> Floats:
        """Rows × labels: softmax of a one-of head, sigmoid of an any-of head, after temperature and shift."""
        heated = scores / self.temperature[head.head] + np.asarray(self.shift[head.head], dtype=np.float32)
        if head.kind == "many":
            spread: Floats = (1.0 / (1.0 + np.exp(-np.clip(heated, -30, 30)))).astype(np.float32)
            return spread
        powers = np.exp(heated - heated.max(axis=1, keepdims=True))
        share: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return share

    def chosen(self, head: Head, p: Floats) -> Any:
        """The label's index by row (one-of heads), or a true/false matrix (any-of heads)."""
        if head.kind == "many":
            return p >= np.asarray(self.cut[head.head], dtype=np.float32)
        if head.head == "sev":
            return degree(p, self.cut["sev"])
        return (p * np.asarray(self.factor[head.head], dtype=np.float32)).argmax(axis=1)


def degree(p: Floats, cuts: Sequence[float]) -> Any:
    """The highest degree that is reached: P(at least k) passes the k-th cut, and so do all degrees below it."""
    at_least = np.cumsum(p[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return np.cumprod(at_least >= np.asarray(cuts, dtype=np.float32), axis=1).sum(axis=1)


def predictions(text: Floats, group: Floats, targets: Sequence[int], decisions: Decisions) -> list[Prediction]:
    """One `Prediction` for each row of `text`; the rows of `group` are the targets of each in order."""
    heads = read_labels()
    by_text = _by_head([h for h in heads.values() if h.scope == "text"], text, decisions)
    by_group = _by_head([h for h in heads.values() if h.scope == "group"], group, decisions)
    result = []
    row = 0
    for k, number in enumerate(targets):
        groups = tuple(_group(by_group, r) for r in range(row, row + number))
        row += number
        p: Probabilities = {}
        one: dict[str, str] = {}
        many: dict[str, tuple[str, ...]] = {}
        for name, (share, choice) in by_text.items():
            head = heads[name]
            p[name] = _named(head.codes, share[k])
            if head.kind == "one":
                one[name] = head.codes[int(choice[k])]
            else:
                many[name] = tuple(c for c, yes in zip(head.codes, choice[k], strict=True) if yes)
        result.append(
            Prediction(one["rel"], one["voice"], one["time"], one["frame"], many["acts"], many["themes"], groups, p)
        )
    return result


def _by_head(heads: Sequence[Head], scores: Floats, decisions: Decisions) -> dict[str, tuple[Floats, Any]]:
    result = {}
    at = 0
    for head in heads:
        p = decisions.probabilities(head, scores[:, at : at + len(head.codes)])
        result[head.head] = (p, decisions.chosen(head, p))
        at += len(head.codes)
    return result


def _group(by_head: dict[str, tuple[Floats, Any]], row: int) -> GroupPrediction:
    heads = read_labels()
    named = {name: _named(heads[name].codes, share[row]) for name, (share, _) in by_head.items()}
    stance = int(heads["st"].codes[int(by_head["st"][1][row])])
    severity = int(heads["sev"].codes[int(by_head["sev"][1][row])])
    if severity and stance > 0:  # hostile words about a group that the text praises: whichever of the rest is likelier
        stance = -1 if named["st"][_NEGATIVE] > named["st"]["0"] else 0
    return GroupPrediction(stance, severity, named)


def _named(codes: Sequence[str], p: Floats) -> dict[str, float]:
    return {code: round(float(value), 4) for code, value in zip(codes, p, strict=True)}
