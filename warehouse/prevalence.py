"""How much there truly is of what a classifier counts: shares and rates corrected by an audit, with their intervals.

A person reads a random sample of stories. Of those the classifier counts, some are not what it says; of those it
passes over, some are. Both errors are estimated, and their uncertainty goes into every interval. Pure.

Three methods stand side by side:
- simulation of both errors and of the count (`Errors`, `corrected_rates`): what is published. A Beta for each unknown
  share, a share of 0 of 40 included, where normal intervals are wrong (Brown, Cai & DasGupta 2001; for the propagation
  Flor et al. 2020). `bench/coverage.py` shows what its intervals cover;
- prediction-powered inference with the power-tuning parameter of PPI++ (`prediction_powered`; Angelopoulos et al.
  2023, Angelopoulos, Duchi & Zrnic 2023; by stratum, Fisch et al. 2024): no assumption beyond the random sample, but
  normal, and only for the population that was sampled;
- Rogan & Gladen 1978 with the interval of Lang & Reiczigel 2014 (`rogan_gladen`): the check, in closed form.

What a region's week adds is an assumption: the classifier misses and adds the same shares of stories in every region
and week of the audit's window (sensitivity and specificity; the shares of right ones among the counted do not carry
over, they fall where there is less to find).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

Array = npt.NDArray[np.float64]

# Below, no correction: 100 judged stories of the series, 10 of them counted. Half of the 100 were passed over; if none
# of these 50 is true, up to 1 - .025^(1/50) = 7 % of all passed over may be: with fewer, too little is known.
AUDIT_FLOOR: Final = 100
COUNTED_FLOOR: Final = 10
DRAWS: Final = 2048  # quantile .025: off by less than .002 of probability (test of the perfect classifier)
_SEED: Final = 20230901  # any number: the same audit must give the same interval in every build
# Kerman 2011: with Beta(t + 1/3, n - t + 1/3) the median neither rises nor falls with how rare a thing is. Jeffreys'
# 1/2 takes 0 of 50 for half a missed story: with audits of 200 its intervals were a tenth wider, and 4.1 % of them lay
# above the truth against 3.5 % (bench/coverage.py, 250 runs a setting; both cover).
_NEUTRAL: Final = 1 / 3
_LEVEL: Final = (0.025, 0.975)
_GOLDEN: Final = (math.sqrt(5) - 1) / 2  # its multiples fill the square with their numbers evenly (Weyl 1916)
_Z: Final = 1.959963984540054
_WILSON_HILFERTY_FROM: Final = 64  # there its quantiles are right to 1e-5 of their value


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share between 0 and 1 and its 95 % interval; nan where there is none."""

    value: float
    lo: float
    hi: float


NONE: Final = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Stratum:
    """Stories the classifier treats alike: `stories` there are, `audited` judged, `true` of these by the person.

    With unequal sampling weights w the last two are effective numbers (Kish): (sum w)^2 / sum w^2, and the weighted
    share of it.
    """

    stories: float
    audited: float
    true: float


@dataclass(frozen=True, slots=True)
class Audit:
    """One indicator and series: stories `counted` to it, `flagged` for another indicator only, and the `rest`."""

    counted: Stratum
    flagged: Stratum
    rest: Stratum
    size: int  # stories judged, as they are

    @property
    def strata(self) -> tuple[Stratum, Stratum, Stratum]:
        return self.counted, self.flagged, self.rest

    @property
    def sufficient(self) -> bool:
        """Large enough to correct by, and every stratum that holds stories was looked into."""
        seen = all(stratum.audited > 0 or stratum.stories == 0 for stratum in self.strata)
        return self.size >= AUDIT_FLOOR and self.counted.audited >= COUNTED_FLOOR and seen


@dataclass(frozen=True, slots=True)
class Errors:
    """Draws of what an audit leaves possible; all arrays of one length, one entry a possible truth."""

    precision: Array  # P(true | counted)
    prevalence: Array  # P(true) in the audited weeks
    sensitivity: Array  # P(counted | true)
    false_positive: Array  # P(counted | not true)

    @property
    def blind(self) -> npt.NDArray[np.bool_]:
        """Draws in which the classifier counts no more of the true than of the others: no rate follows from them."""
        return self.sensitivity <= self.false_positive

    @property
    def usable(self) -> bool:
        """Is it beyond the interval's level that the classifier tells true from false?"""
        return float(self.blind.mean()) <= _LEVEL[0]


def errors_of(audit: Audit, draws: int = DRAWS) -> Errors:
    """Both errors as the audit leaves them: a neutral Beta a stratum, weighed by the stories in it.

    sensitivity = w1 t1 / sum(w t), false positives = w1 (1 - t1) / (1 - sum(w t)); w share of stories, t of true ones.
    """
    generator = np.random.default_rng(_SEED)
    total = sum(stratum.stories for stratum in audit.strata)
    weighed = [
        stratum.stories
        / total
        * generator.beta(stratum.true + _NEUTRAL, stratum.audited - stratum.true + _NEUTRAL, draws)
        for stratum in audit.strata
    ]
    prevalence = sum(weighed[1:], weighed[0])
    counted = audit.counted.stories / total
    return Errors(
        precision=weighed[0] / counted,
        prevalence=prevalence,
        sensitivity=weighed[0] / prevalence,
        false_positive=(counted - weighed[0]) / (1 - prevalence),
    )


def spread(draws: Array) -> Estimate:
    """Median and 95 % interval of draws."""
    lo, value, hi = np.quantile(draws, (_LEVEL[0], 0.5, _LEVEL[1]))
    return Estimate(float(value), float(lo), float(hi))


def corrected_rates(counted: Sequence[int], placed: Sequence[int], errors: Errors) -> tuple[Array, Array, Array]:
    """True shares of cells with `counted` of `placed` stories (placed >= 1): median and both ends, sampling included.

    Each draw solves counted share = rate * sensitivity + (1 - rate) * false positives for the rate; what falls below
    0 or above 1 is cut after the quantiles are taken, so cutting costs no coverage.
    """
    share = np.stack([_shares(x, n, len(errors.prevalence)) for x, n in zip(counted, placed, strict=True)])
    blind = errors.blind
    gain = np.where(blind, 1.0, errors.sensitivity - errors.false_positive)
    rate = (share - errors.false_positive) / gain
    low, high = np.where(blind, -np.inf, rate), np.where(blind, np.inf, rate)
    none = np.asarray(counted) == 0
    every = np.asarray(counted) == np.asarray(placed)
    lo = np.clip(np.where(none, 0.0, np.quantile(low, _LEVEL[0], axis=1, method="lower")), 0.0, 1.0)
    hi = np.clip(np.where(every, 1.0, np.quantile(high, _LEVEL[1], axis=1, method="higher")), 0.0, 1.0)
    middle = (np.clip(_median(low), 0.0, 1.0) + np.clip(_median(high), 0.0, 1.0)) / 2
    return np.clip(middle, lo, hi), lo, hi


def _median(draws: Array) -> Array:
    return np.asarray(np.quantile(draws, 0.5, axis=1, method="lower"), dtype=np.float64)


def _shares(counted: int, placed: int, draws: int) -> Array:
    """Jeffreys' Beta(x + .5, n - x + .5) as the share of two gammas, drawn evenly over the square of both."""
    one, other = _gamma(counted, draws, 0), _gamma(placed - counted, draws, 1)
    return np.asarray(one / (one + other), dtype=np.float64)


@lru_cache(maxsize=4096)
def _gamma(count: int, draws: int, column: int) -> Array:
    shape = count + 0.5
    step = np.arange(draws)
    u = (step + 0.5) / draws if column == 0 else (step * _GOLDEN + 0.5) % 1.0
    if count < _WILSON_HILFERTY_FROM:
        return np.asarray(special.gammaincinv(shape, u), dtype=np.float64)
    return np.asarray(shape * (1 - 1 / (9 * shape) + special.ndtri(u) / (3 * math.sqrt(shape))) ** 3, dtype=np.float64)


def prediction_powered(audit: Audit) -> Estimate:
    """Share of true stories in the audited weeks by stratified PPI++, strata: flagged by anything, or by nothing.

    sum_h W_h (l * share counted_h + mean_h(y - l c)); l minimises the variance, so a useless classifier costs nothing.
    """
    total = sum(stratum.stories for stratum in audit.strata)
    value, variance, covariance, power = 0.0, 0.0, 0.0, 0.0
    halves = ((audit.counted, audit.flagged), (Stratum(0, 0, 0), audit.rest))
    parts = []
    for yes, no in halves:
        stories, audited = yes.stories + no.stories, yes.audited + no.audited
        if stories == 0:
            continue
        if audited < 2:
            return NONE
        weight, c, y, yc = stories / total, yes.audited / audited, (yes.true + no.true) / audited, yes.true / audited
        parts.append((weight, c, y, yc, audited, yes.stories / stories))
        covariance += weight**2 / audited * (yc - y * c)
        power += weight**2 / audited * c * (1 - c)
    share = audit.counted.stories / total
    tuned = covariance / (power + share * (1 - share) / total) if power else 0.0
    for weight, c, y, yc, audited, known in parts:
        value += weight * (y + tuned * (known - c))
        spread_ = y * (1 - y) - 2 * tuned * (yc - y * c) + tuned**2 * c * (1 - c)
        variance += weight**2 * spread_ / (audited - 1)
    variance += tuned**2 * share * (1 - share) / total
    half = _Z * math.sqrt(max(variance, 0.0))
    return Estimate(min(max(value, 0.0), 1.0), max(value - half, 0.0), min(value + half, 1.0))


def rogan_gladen(counted: int, placed: int, audit: Audit) -> Estimate:
    """True share behind `counted` of `placed` by Rogan & Gladen, with the interval of Lang & Reiczigel 2014.

    Their sensitivity and specificity come from two samples of their own. Ours come from one audit, so each enters with
    the size of a simple sample of the same variance (delta method), and their correlation is left out.
    """
    total = sum(stratum.stories for stratum in audit.strata)
    w = np.array([stratum.stories / total for stratum in audit.strata])
    n = np.array([stratum.audited for stratum in audit.strata])
    t = np.array([(stratum.true + 0.5) / (stratum.audited + 1) for stratum in audit.strata])
    noise = t * (1 - t) / (n + 1)
    prevalence = float(w @ t)
    first = np.array([1.0, 0.0, 0.0])
    se = w[0] * t[0] / prevalence
    se_slope = w * (first - se) / prevalence
    fp = w[0] * (1 - t[0]) / (1 - prevalence)
    fp_slope = w * (fp - first) / (1 - prevalence)
    sp = 1 - fp
    n_se = se * (1 - se) / float(se_slope**2 @ noise)
    n_sp = sp * fp / float(fp_slope**2 @ noise)
    seen = (counted + _Z**2 / 2) / (placed + _Z**2)
    se, sp = (n_se * se + 1) / (n_se + 2), (n_sp * sp + 1) / (n_sp + 2)
    gain = se + sp - 1
    if gain <= 0 or placed == 0:
        return NONE
    plain = (counted / placed + sp - 1) / gain
    middle = (seen + sp - 1) / gain
    se_noise, sp_noise = se * (1 - se) / (n_se + 2), sp * (1 - sp) / (n_sp + 2)
    shift = 2 * _Z**2 * (middle * se_noise - (1 - middle) * sp_noise)
    variance = seen * (1 - seen) / (placed + _Z**2) + middle**2 * se_noise + (1 - middle) ** 2 * sp_noise
    half = _Z * math.sqrt(variance) / gain
    lo, hi = (float(np.clip(middle + shift + side * half, 0, 1)) for side in (-1, 1))
    return Estimate(float(np.clip(plain, lo, hi)), lo, hi)


# -- over the warehouse's tables --------------------------------------------------------------------------------------

KEYS: Final = ["indicator", "series", "region_code", "week"]
CELL: Final = ("rate_corrected_per_1000", "rate_corrected_lo", "rate_corrected_hi")
_WEEK: Final = ("indicator", "series", "week", "audit_size", "audit_counted", "audit_true")
_FIGURES: Final = (
    "precision", "sensitivity", "specificity", "corrected_per_1000", "rogan_gladen_per_1000", "ppi_per_1000",
)  # fmt: skip
AUDIT_WEEK: Final = (*_WEEK, "counted_per_1000", *(f"{name}{end}" for name in _FIGURES for end in ("", "_lo", "_hi")))


def _audit_of(row: pd.Series) -> Audit:
    counted, flagged, rest = (
        Stratum(float(row[f"{name}_stories"]), float(row[f"{name}_audited"]), float(row[f"{name}_true"]))
        for name in ("counted", "flagged", "rest")
    )
    return Audit(counted, flagged, rest, size=int(row["audit_size"]))


def _errors_if_enough(audit: Audit) -> Errors | None:
    if not audit.sufficient:
        return None
    errors = errors_of(audit)
    return errors if errors.usable else None


def correct_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Grain indicator x series x region x week with an audit that suffices; in: `step_cell_audit`.

    Cells without one have no row: they are `uncorrected`.
    """
    found = []
    for _, cells in frame.groupby(["indicator", "series", "week"], sort=True):
        errors = _errors_if_enough(_audit_of(cells.iloc[0]))
        if errors is None:
            continue
        rates = corrected_rates(cells["stories"].tolist(), cells["exposure"].tolist(), errors)
        found.append(cells[[*KEYS, "audit_size"]].assign(**dict(zip(CELL, (1000 * r for r in rates), strict=True))))
    columns = [*KEYS, "audit_size", *CELL]
    return pd.concat(found)[columns] if found else pd.DataFrame(columns=columns)


def judge_audits(frame: pd.DataFrame) -> pd.DataFrame:
    """Grain indicator x series x week with an audit in its window, whole country; in: `step_audit_count`.

    Corrected, Rogan-Gladen: of the week's own stories. PPI: of all stories of the audited weeks. Null where too few.
    """
    return pd.DataFrame([_judged(row) for _, row in frame.iterrows()], columns=list(AUDIT_WEEK))


def _judged(row: pd.Series) -> dict[str, object]:
    audit, counted, placed = _audit_of(row), int(row["week_counted"]), int(row["week_placed"])
    figures = dict.fromkeys(_FIGURES, NONE)
    errors = _errors_if_enough(audit)
    if errors is not None:
        figures["precision"], figures["sensitivity"] = spread(errors.precision), spread(errors.sensitivity)
        figures["specificity"] = spread(1 - errors.false_positive)
        figures["ppi_per_1000"] = prediction_powered(audit)
        if placed:
            value, lo, hi = (float(end[0]) for end in corrected_rates([counted], [placed], errors))
            figures["corrected_per_1000"] = Estimate(value, lo, hi)
            figures["rogan_gladen_per_1000"] = rogan_gladen(counted, placed, audit)
    judged: dict[str, object] = {name: row[name] for name in _WEEK}
    judged["counted_per_1000"] = 1000 * counted / placed if placed else None
    for name, figure in figures.items():
        scale = 1000 if name.endswith("_per_1000") else 1
        for end, value in (("", figure.value), ("_lo", figure.lo), ("_hi", figure.hi)):
            judged[name + end] = None if math.isnan(value) else scale * value
    return judged
