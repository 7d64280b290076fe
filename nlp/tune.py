"""How a network's scores become labels: temperatures, shifts, factors and cuts, fitted on texts it never learnt from.

In: scores and gold labels of validation texts. Out: `Decisions` for the model's card. Learning weighs rare labels up,
so a temperature alone leaves them too likely: each label also gets a shift (Platt scaling with one slope a head).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from nlp import calibrate
from nlp.decide import Decisions
from nlp.features import Floats
from nlp.gold import UNKNOWN, Labelled
from nlp.labels import Head, heads_of, read_labels

_SHIFT_PENALTY: Final = 2.0  # like two texts that speak against a shift of one
# Of the texts without a negative stance or any severity, at most this share may be given a severity.
_HARMLESS_FLAGGED: Final = 0.03


def decisions_of(items: Sequence[Labelled], text: Floats, group: Floats) -> Decisions:
    """Everything fitted; `text` is items × labels of the text heads, `group` all their targets × labels."""
    temperature: dict[str, float] = {}
    shift: dict[str, list[float]] = {}
    factor: dict[str, list[float]] = {}
    cut: dict[str, list[float]] = {}
    for head, scores, gold in gold_scores(items, text, group):
        temperature[head.head], shift[head.head] = fitted(scores, gold, head.kind)
        known = Decisions(temperature, shift, factor, cut)
        p = known.probabilities(head, scores)
        if head.kind == "many":
            cut[head.head] = [calibrate.threshold_of(p[:, k], gold[:, k], beta=1.0) for k in range(p.shape[1])]
        elif head.head == "sev":
            cut["sev"] = _severity_cuts(items, group, known, p, gold)
        else:
            factor[head.head] = calibrate.choice_weights(p, gold)
    return Decisions(temperature, shift, factor, cut)


def labels_alike(decisions: Decisions, one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> dict[str, float]:
    """By head the share of rows (any-of heads: of answers) on which two pairs of text and group scores say the same."""
    alike = {}
    for scope, mine, theirs in (("text", one[0], other[0]), ("group", one[1], other[1])):
        at = 0
        for head in heads_of(scope):
            columns = slice(at, at + len(head.codes))
            at += len(head.codes)
            said = [decisions.chosen(head, decisions.probabilities(head, s[:, columns])) for s in (mine, theirs)]
            alike[head.head] = float(np.mean(said[0] == said[1]))
    return alike


def gold_scores(items: Sequence[Labelled], text: Floats, group: Floats) -> list[tuple[Head, Floats, Any]]:
    """By head: the scores of the rows somebody labelled, and their labels (indices, or a 0/1 matrix)."""
    result = []
    at = 0
    for head in heads_of("text"):
        scores = text[:, at : at + len(head.codes)]
        at += len(head.codes)
        if head.kind == "one":
            gold = np.array([item.one[head.head] for item in items])
            result.append((head, scores[gold != UNKNOWN], gold[gold != UNKNOWN]))
        else:
            rows = [k for k, item in enumerate(items) if item.many[head.head] is not None]
            result.append((head, scores[rows], np.array([items[k].many[head.head] for k in rows])))
    at = 0
    for head in heads_of("group"):
        scores = group[:, at : at + len(head.codes)]
        at += len(head.codes)
        gold = np.array([labels[head.head] for item in items for labels in item.groups])
        result.append((head, scores[gold != UNKNOWN], gold[gold != UNKNOWN]))
    return result


def fitted(scores: Floats, gold: Any, kind: str) -> tuple[float, list[float]]:
    """Temperature and shifts that make the gold labels most likely (Guo et al. 2017; shifts drawn towards none)."""
    wide = scores.shape[1]

    def loss(values: npt.NDArray[np.float64]) -> float:
        heated = scores / np.exp(values[0]) + values[1:]
        if kind == "many":
            bent = np.logaddexp(0.0, heated) - gold * heated
            return float(bent.sum(axis=1).mean() + _SHIFT_PENALTY * (values[1:] ** 2).sum() / len(gold))
        top = heated.max(axis=1, keepdims=True)
        whole = top[:, 0] + np.log(np.exp(heated - top).sum(axis=1))
        likely = whole - heated[np.arange(len(gold)), gold]
        return float(likely.mean() + _SHIFT_PENALTY * (values[1:] ** 2).sum() / len(gold))

    bounds = [(np.log(0.2), np.log(5.0)), *([(-3.0, 3.0)] * wide)]
    best = minimize(loss, np.zeros(wide + 1), method="L-BFGS-B", bounds=bounds)
    return round(float(np.exp(best.x[0])), 4), [round(float(v), 4) for v in best.x[1:]]


def _severity_cuts(
    items: Sequence[Labelled], group: Floats, known: Decisions, p: Floats, gold: npt.NDArray[Any]
) -> list[float]:
    """For each degree the cut on P(at least that degree) with the best F1; the first is raised until few enough
    harmless texts get a severity."""
    at_least = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]
    cuts = [
        calibrate.threshold_of(at_least[:, k], (gold >= k).astype(np.int64), beta=1.0) for k in range(1, p.shape[1])
    ]
    head = read_labels()["sev"]
    rows = known.probabilities(head, group[:, -len(head.codes) :])
    highest, harmless = [], []
    row = 0
    neutral = read_labels()["st"].index(0)
    for item in items:
        number = len(item.groups)
        highest.append(float(1 - rows[row : row + number, 0].min()))
        harmless.append(
            item.complete and all(g["sev"] == 0 and (g["st"] >= neutral or g["st"] == UNKNOWN) for g in item.groups)
        )
        row += number
    least = calibrate.cut_of(np.array(highest, dtype=np.float32), np.array(harmless), _HARMLESS_FLAGGED)
    return [max(cuts[0], least), *cuts[1:]]
