"""From scores to decisions: a temperature for each head, label thresholds, and how far probabilities can be trusted.

Everything here is a pure function of scores and gold labels: validation texts, and training texts scored out of fold.

A cut-off that is the best of a grid jumps when a handful of texts change. So each is found on many halves of the texts
and averaged (bagging, Breiman 1996); what may be flagged as hostile is a quantile of the harmless texts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from nlp.classify import probabilities
from nlp.features import Floats

_BINS: Final = 10
# Half to double alone loses a quarter to a half of the future and unreal texts out of fold: rare labels stay under .5.
_FACTORS: Final = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
_GRID: Final = np.arange(0.1, 0.81, 0.025)
_SPLITS: Final = 10  # each gives two halves
# Recall weighs more than precision in a threshold: an act counts only where relevance agrees too, and errors of the
# harmless days are in the baseline that a week is compared with. On validation F1 over acts is .53 with it, .52 with 1.
_BETA: Final = 1.5
# Thresholds are drawn towards .5 with the weight of this many positives: a cell of ten texts shall not set one alone.
_PRIOR_POSITIVES: Final = 10

Ints = npt.NDArray[np.int64]


def temperature_of(scores: Floats, gold: Any, kind: str) -> float:
    """The temperature (0.2–5) that makes the gold labels most likely (Guo et al. 2017).

    `gold` holds label indices (kind one) or a 0/1 matrix (kind many).
    """

    def loss(log_temperature: float) -> float:
        p = np.clip(probabilities(scores, kind, float(np.exp(log_temperature))), 1e-6, 1 - 1e-6)
        if kind == "one":
            return float(-np.log(p[np.arange(len(gold)), gold]).mean())
        return float(-(gold * np.log(p) + (1 - gold) * np.log(1 - p)).mean())

    best = minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded")
    return round(float(np.exp(best.x)), 4)


def expected_calibration_error(confidence: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Mean gap between stated probability and share of right answers over ten equal-width bins, weighted by size."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(float(confidence[bins == b].mean()) - float(right[bins == b].mean())) * float((bins == b).mean())
        for b in range(_BINS)
        if (bins == b).any()
    ]
    return float(sum(gaps))


def threshold_of(p: Floats, gold: Ints, beta: float = _BETA) -> float:
    """The threshold of one yes/no label with the best F-beta, averaged over halves of the rows and drawn towards .5
    where positives are few."""
    positives = int(gold.sum())

    def best(rows: Ints) -> float:
        scores = [f_of(gold[rows], (p[rows] >= t).astype(np.int64), beta) for t in _GRID]
        return float(_GRID[int(np.argmax(scores))])

    found = _over_halves(best, len(gold)) if positives else 0.5
    return round((float(found) * positives + 0.5 * _PRIOR_POSITIVES) / (positives + _PRIOR_POSITIVES), 3)


def choice_weights(p: Floats, gold: Ints) -> list[float]:
    """Factors on a one-of head's probabilities before the highest is taken: geometric mean over halves of the rows.

    Training data and validation differ in how frequent labels are; a label that a half lacks keeps factor one there.
    """
    logarithms = _over_halves(lambda rows: np.log(_climb(p[rows], gold[rows])), len(gold))
    return [round(float(w), 3) for w in np.exp(logarithms)]


def cut_of(hostility: Floats, harmless: npt.NDArray[np.bool_], share: float) -> float:
    """The lowest cut at which no more than `share` of the harmless texts are at or above it.

    `hostility` is the highest over a text's groups. It is a quantile of some thousand texts: a few more or less shift
    it by their number, where the best of an F1 curve with a flat top moves by half its width.
    """
    highest = np.sort(hostility[harmless])[::-1]
    allowed = int(share * len(highest))
    return round(float(highest[allowed]) + 1e-4, 4)


def _climb(p: Floats, gold: Ints) -> npt.NDArray[np.float64]:
    """Coordinate ascent on macro-F1."""
    labels = p.shape[1]
    weights = np.ones(labels)
    present = [k for k in range(labels) if (gold == k).any()]
    best = macro_f1(gold, p.argmax(axis=1), present)
    for _, k in itertools.product(range(2), present):
        for factor in _FACTORS:
            trial = weights.copy()
            trial[k] = factor
            score = macro_f1(gold, (p * trial.astype(np.float32)).argmax(axis=1), present)
            if score > best + 0.003:  # smaller gains are noise on 800 texts
                best, weights = score, trial
    return weights


def _over_halves(find: Callable[[Ints], Any], rows: int) -> Any:
    """Mean of what `find` says on each half of the rows, split in two ten times over."""
    return np.mean([find(half) for half in _halves(rows)], axis=0)


def _halves(rows: int) -> Iterator[Ints]:
    chance = np.random.default_rng(0)  # a fixed seed: the same texts give the same splits
    for _ in range(_SPLITS):
        order = chance.permutation(rows)
        yield from (np.sort(order[: rows // 2]), np.sort(order[rows // 2 :]))


def f1_of(gold: Ints, said: Ints) -> float:
    """F1 of a 0/1 decision; one if there is nothing to find and nothing was said."""
    return f_of(gold, said, 1.0)


def f_of(gold: Ints, said: Ints, beta: float) -> float:
    """F-beta: recall counts `beta` times as much as precision."""
    hits = int((gold * said).sum())
    total = beta**2 * int(gold.sum()) + int(said.sum())
    return (1 + beta**2) * hits / total if total else 1.0


def macro_f1(gold: Ints, said: Ints, labels: list[int]) -> float:
    """Mean F1 over `labels`, each against the rest."""
    return float(np.mean([f1_of((gold == k).astype(np.int64), (said == k).astype(np.int64)) for k in labels]))
