"""Figures with the spread that chance of sampling gives them: every figure is a function of how often each text counts.

In: gold and told labels of units (texts, or pairs of a text and a group), and for each unit the text it comes from.
Out: `Figure`s. An interval is the middle 95 % of 500 bootstrap draws of whole texts (Efron 1979): pairs of one text are
not independent, so texts are drawn, never pairs. Draws have a fixed seed: the same readings give the same intervals.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

DRAWS: Final = 500
_SEED: Final = 20260525
_BINS: Final = 10

Numbers = npt.NDArray[np.float64]
Measure = Callable[[Numbers], Numbers]  # how often each text counts (draws × texts) → the figure of each draw


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value: `part` is the set of texts, `cell` a slice of it, `cases` what the value rests on."""

    part: str
    cell: str
    head: str
    measure: str
    cases: int
    value: float
    low: float
    high: float

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.part, self.cell, self.head, self.measure

    def to_record(self) -> dict[str, Any]:
        """For a JSON file; what cannot be computed (nothing to find in the cell) is null."""
        values = {name: _number(getattr(self, name)) for name in ("value", "low", "high")}
        return {"part": self.part, "cell": self.cell, "head": self.head, "measure": self.measure,
                "cases": self.cases, **values}  # fmt: skip


def measured(
    part: str, cell: str, head: str, measure: str, cases: int, of: Measure, texts: int, *, rate: bool = True
) -> Figure:
    """The figure over all texts and its interval.

    No draw differs from a rate of none or all: then the rule of three bounds it (Hanley and Lippman-Hand 1983).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(of(np.ones((1, texts)))[0])
        spread = of(draws(texts))
    spread = spread[np.isfinite(spread)]
    low, high = np.percentile(spread, (2.5, 97.5)) if len(spread) else (float("nan"), float("nan"))
    if rate and cases and low == high == value and value in (0.0, 1.0):
        low, high = (0.0, min(1.0, 3 / cases)) if value == 0 else (max(0.0, 1 - 3 / cases), 1.0)
    return Figure(part, cell, head, measure, cases, value, float(low), float(high))


@functools.lru_cache(maxsize=32)
def draws(texts: int) -> Numbers:
    """How often each of `texts` texts is drawn, draws × texts."""
    chance = np.random.default_rng(_SEED)
    return chance.multinomial(texts, np.full(texts, 1 / texts), size=DRAWS).astype(np.float64)


def ratio(above: Sequence[Any] | npt.NDArray[Any], below: Sequence[Any] | npt.NDArray[Any], of: Any) -> Measure:
    """Sum of `above` over sum of `below`; `of[k]` is the text of unit k. Nothing below: not a number."""

    def measure(weights: Numbers) -> Numbers:
        sums = _sums(weights, np.stack([np.asarray(above, float), np.asarray(below, float)], axis=1), of)
        shares: Numbers = sums[:, 0] / sums[:, 1]
        return shares

    return measure


def share(right: Sequence[Any] | npt.NDArray[Any], of: Any) -> Measure:
    """Mean over units."""
    return ratio(right, np.ones(len(right)), of)


def precision(gold: Any, said: Any, of: Any) -> Measure:
    """Of a 0/1 decision; not a number if nothing was said."""
    return ratio(np.asarray(gold, float) * np.asarray(said, float), said, of)


def recall(gold: Any, said: Any, of: Any) -> Measure:
    """Of a 0/1 decision; not a number if there is nothing to find."""
    return ratio(np.asarray(gold, float) * np.asarray(said, float), gold, of)


def f1(gold: Any, said: Any, of: Any) -> Measure:
    """Of a 0/1 decision; units of several labels together give the micro-F1."""
    gold, said = np.asarray(gold, float), np.asarray(said, float)
    return ratio(2 * gold * said, gold + said, of)


def macro_f1(gold: Any, said: Any, of: Any) -> Measure:
    """Mean F1 over the labels that stand in `gold`; −1 in `said` is an answer that is never right.

    A label that a draw lacks on both sides is left out of that draw's mean.
    """
    gold, said = np.asarray(gold), np.asarray(said)
    of_label = [f1(gold == k, said == k, of) for k in sorted(set(gold.tolist()))]

    def measure(weights: Numbers) -> Numbers:
        values = np.stack([one(weights) for one in of_label])
        known = np.isfinite(values)
        mean: Numbers = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
        return mean

    return measure


def weighted_kappa(gold: Any, said: Any, of: Any, labels: int) -> Measure:
    """Cohen's κ with quadratic weights over ordered labels 0 … labels − 1 (Cohen 1968)."""
    gold, said = np.asarray(gold), np.asarray(said)
    cells = np.zeros((len(gold), labels * labels))
    cells[np.arange(len(gold)), gold * labels + said] = 1
    step = np.arange(labels)
    cost = (step[:, None] - step[None, :]) ** 2

    def measure(weights: Numbers) -> Numbers:
        table = _sums(weights, cells, of).reshape(-1, labels, labels)
        table = table / table.sum(axis=(1, 2), keepdims=True)
        expected = table.sum(axis=2)[:, :, None] * table.sum(axis=1)[:, None, :]
        kappa: Numbers = 1 - (table * cost).sum(axis=(1, 2)) / (expected * cost).sum(axis=(1, 2))
        return kappa

    return measure


def calibration_error(confidence: Any, right: Any, of: Any) -> Measure:
    """Expected calibration error: mean gap between stated probability and share right, ten bins of equal width."""
    confidence = np.asarray(confidence, float)
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.zeros((len(confidence), _BINS))
    gaps[np.arange(len(confidence)), bins] = confidence - np.asarray(right, float)
    columns = np.concatenate([gaps, np.ones((len(confidence), 1))], axis=1)

    def measure(weights: Numbers) -> Numbers:
        sums = _sums(weights, columns, of)
        error: Numbers = np.abs(sums[:, :-1]).sum(axis=1) / sums[:, -1]
        return error

    return measure


def recall_at(floor: float, score: Any, gold: Any, of: Any) -> Measure:
    """The highest recall that a cut on `score` reaches at precision ≥ `floor`; zero if no cut does."""
    score, gold, of = np.asarray(score, float), np.asarray(gold, float), np.asarray(of)
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.diff(score[order]) < 0, True)  # a cut cannot part two units of one score

    def measure(weights: Numbers) -> Numbers:
        by_unit = weights[:, of[order]]
        hits = np.cumsum(by_unit * gold[order], axis=1)
        told = np.cumsum(by_unit, axis=1)
        recalls = np.where((hits >= floor * told) & ends, hits, 0.0) / hits[:, -1:]
        best: Numbers = recalls.max(axis=1)
        return best

    return measure


def gap(first: Sequence[Measure], second: Sequence[Measure]) -> Measure:
    """Mean of the first measures less mean of the second, over the pairs that a draw has both of."""

    def measure(weights: Numbers) -> Numbers:
        difference = np.stack([a(weights) - b(weights) for a, b in zip(first, second, strict=True)])
        known = np.isfinite(difference)
        mean: Numbers = np.where(known, difference, 0.0).sum(axis=0) / known.sum(axis=0)
        return mean

    return measure


def mean_of(measures: Sequence[Measure]) -> Measure:
    """Mean of several measures of one set of texts."""
    return lambda weights: np.stack([one(weights) for one in measures]).mean(axis=0)


def worst_to_mean(measures: Sequence[Measure]) -> Measure:
    """The highest of several rates over their mean; one where all rates are nought."""

    def measure(weights: Numbers) -> Numbers:
        rates = np.stack([one(weights) for one in measures])
        highest, mean = np.nanmax(rates, axis=0), np.nanmean(rates, axis=0)
        return np.where(mean > 0, highest / np.where(mean > 0, mean, 1.0), 1.0)

    return measure


def worst_by_chance(sizes: Sequence[int], rate: float) -> tuple[float, float, float]:
    """What `worst_to_mean` would be if all groups had the same `rate`: median and middle 95 % of 2,000 trials.

    The worst of many small rates is always well above their mean: without this a ratio cannot be judged.
    """
    chance = np.random.default_rng(_SEED)
    rates = chance.binomial(np.asarray(sizes), rate, size=(2_000, len(sizes))) / np.asarray(sizes)
    means = rates.mean(axis=1)
    ratios = np.where(means > 0, rates.max(axis=1) / np.where(means > 0, means, 1.0), 1.0)
    low, middle, high = np.percentile(ratios, (2.5, 50, 97.5))
    return float(middle), float(low), float(high)


def confusion(gold: Sequence[int], said: Sequence[int], labels: int) -> list[list[int]]:
    """Counts, gold label × told label; the last column counts answers that are missing (−1)."""
    table = np.zeros((labels, labels + 1), dtype=int)
    np.add.at(table, (np.asarray(gold, int), np.asarray(said, int)), 1)
    return [[int(n) for n in row] for row in table]


def _sums(weights: Numbers, columns: Numbers, of: Any) -> Numbers:
    by_text = np.zeros((weights.shape[1], columns.shape[1]))
    np.add.at(by_text, np.asarray(of, int), columns)
    sums: Numbers = weights @ by_text
    return sums


def _number(value: float) -> float | None:
    return round(value, 5) if np.isfinite(value) else None
