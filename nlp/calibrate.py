"""From scores to decisions: a temperature for each head, label thresholds, and how far probabilities can be trusted.

Everything here is a pure function of scores and gold labels of the validation part.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from nlp.classify import chosen, probabilities
from nlp.features import Floats

_BINS: Final = 10
_FACTORS: Final = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
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


def threshold_of(p: Floats, gold: Ints) -> float:
    """The threshold of one yes/no label with the best F-beta, drawn towards .5 where positives are few."""
    positives = int(gold.sum())
    if not positives:
        return 0.5
    grid = np.arange(0.1, 0.81, 0.025)
    scores = [f_of(gold, (p >= t).astype(np.int64), _BETA) for t in grid]
    best = float(grid[int(np.argmax(scores))])
    return round((best * positives + 0.5 * _PRIOR_POSITIVES) / (positives + _PRIOR_POSITIVES), 3)


def choice_weights(p: Floats, gold: Ints, ordered: bool) -> list[float]:
    """Factors on a one-of head's probabilities before a label is taken: coordinate ascent on macro-F1.

    Training data and validation differ in how frequent labels are; a label that validation lacks keeps factor one.
    """
    labels = p.shape[1]
    weights = np.ones(labels)
    present = [k for k in range(labels) if (gold == k).any()]
    best = macro_f1(gold, chosen(p, ordered), present)
    for _, k in itertools.product(range(2), present):
        for factor in _FACTORS:
            trial = weights.copy()
            trial[k] = factor
            score = macro_f1(gold, chosen(p * trial.astype(np.float32), ordered), present)
            if score > best + 0.003:  # smaller gains are noise on 800 texts
                best, weights = score, trial
    return [float(w) for w in weights]


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
