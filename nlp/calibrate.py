"""From scores to decisions: a temperature for each head, label thresholds, and how far probabilities can be trusted.

Everything here is a pure function of scores and gold labels of the validation part.
"""

from __future__ import annotations

import itertools
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from nlp.classify import probabilities
from nlp.features import Floats

_BINS: Final = 10
_FACTORS: Final = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8)
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
    """The threshold of one yes/no label with the best F1, drawn towards .5 where positives are few."""
    positives = int(gold.sum())
    if not positives:
        return 0.5
    grid = np.arange(0.15, 0.81, 0.025)
    scores = [f1_of(gold, (p >= t).astype(np.int64)) for t in grid]
    best = float(grid[int(np.argmax(scores))])
    return round((best * positives + 0.5 * _PRIOR_POSITIVES) / (positives + _PRIOR_POSITIVES), 3)


def choice_weights(p: Floats, gold: Ints) -> list[float]:
    """Factors on a one-of head's probabilities before the highest is taken: coordinate ascent on macro-F1.

    Training data and validation differ in how frequent labels are; a label that validation lacks keeps factor one.
    """
    labels = p.shape[1]
    weights = np.ones(labels)
    present = [k for k in range(labels) if (gold == k).any()]
    best = macro_f1(gold, np.argmax(p, axis=1), present)
    for _, k in itertools.product(range(2), present):
        for factor in _FACTORS:
            trial = weights.copy()
            trial[k] = factor
            score = macro_f1(gold, np.argmax(p * trial, axis=1), present)
            if score > best + 0.003:  # smaller gains are noise on 800 texts
                best, weights = score, trial
    return [float(w) for w in weights]


def f1_of(gold: Ints, said: Ints) -> float:
    """F1 of a 0/1 decision; one if there is nothing to find and nothing was said."""
    hits = int((gold * said).sum())
    total = int(gold.sum() + said.sum())
    return 2 * hits / total if total else 1.0


def macro_f1(gold: Ints, said: Ints, labels: list[int]) -> float:
    """Mean F1 over `labels`, each against the rest."""
    return float(np.mean([f1_of((gold == k).astype(np.int64), (said == k).astype(np.int64)) for k in labels]))
