"""Farrington flexible: is this week's count of one region more than the same weeks of earlier years explain?

Noufaily et al. 2013 (Statistics in Medicine 32:1206), as described by Salmon, Schumacher & Höhle 2016 (Journal of
Statistical Software 70:10): a quasi-Poisson regression on windows around the same week of earlier years, a seasonal
factor for the periods between them, past outbreaks weighed down by their Anscombe residuals, recent weeks left out.
`bench/signals.py` compares it with R's `surveillance::farringtonFlexible` on the same series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]
Threshold = Literal["delta", "nbPlugin", "muan"]

_EPSILON: Final = 1e-8  # relative change of the deviance at which a fit has converged, and the most steps: R's glm
_STEPS: Final = 25


@dataclass(frozen=True, slots=True)
class Control:
    """Settings, named as in `surveillance`; the defaults are the improved method of Noufaily et al."""

    years: int = 2  # b
    half_window: int = 3  # w
    periods: int = 10  # noPeriods; 1: windows only, no seasonal factor
    weeks_left_out: int = 26  # pastWeeksNotIncluded
    weights_threshold: float = 2.58
    alpha: float = 0.05
    trend: bool = True
    trend_p: float = 1.0  # pThresholdTrend: 1 keeps a trend whatever its p-value, if three years are there
    enough_cases: tuple[int, int] = (5, 4)  # limit54: no alarm under 5 cases in 4 weeks
    threshold: Threshold = "nbPlugin"
    frequency: int = 52

    @property
    def history(self) -> int:
        """Weeks before a judged one that must be there."""
        return self.frequency * self.years + self.half_window


@dataclass(frozen=True, slots=True)
class Judgement:
    """One week. `expected` and `upper` are counts, NaN under `enough_cases`; `p` is P(Y ≥ count); `phi` dispersion."""

    expected: float
    upper: float
    p: float
    phi: float
    trend: bool
    alarm: bool


@dataclass(frozen=True, slots=True)
class _Fit:
    coefficients: Array
    mean: Array
    weights: Array  # prior weights
    covariance: Array  # without the dispersion
    phi: float
    phi_unweighted: float  # of working residuals under the prior weights: what R's summary of the refit says
    leverage: Array


def judge(count: Array, week: int, control: Control = Control(), population: Array | None = None) -> Judgement | None:
    """Week `week` (0-based) of a series of weekly counts, NaN where there are no data; None if no model can be fitted.

    `population` (exposure) enters as an offset. ValueError if the history is shorter than `control.history`.
    """
    if week < control.history:
        raise ValueError(f"week {week} has {week} weeks before it; {control.years} years need {control.history}")
    offset_all = np.zeros_like(count) if population is None else np.log(population)
    rows, period = _reference(week, control)
    known = ~np.isnan(count[rows])
    rows, period = rows[known], period[known]
    y, offset = count[rows], offset_all[rows]
    fit = _reweighted(_design(rows, period, control, control.trend), y, offset, control)
    trend = control.trend and fit is not None
    if control.trend and fit is None:
        trend = False
        fit = _reweighted(_design(rows, period, control, False), y, offset, control)
    if fit is None:
        return None
    now = _design(np.array([week]), np.array([control.periods]), control, trend)[0]
    if trend:
        ahead = math.exp(float(now @ fit.coefficients) + float(offset_all[week]))
        freedom = len(y) - len(now)
        error = math.sqrt(fit.phi_unweighted * fit.covariance[1, 1])
        p_trend = 2 * stats.t.sf(abs(fit.coefficients[1]) / error, freedom) if error > 0 and freedom > 0 else math.nan
        if not (control.years >= 3 and p_trend < control.trend_p and ahead <= y.max()):
            trend = False
            fit = _reweighted(_design(rows, period, control, False), y, offset, control)
            if fit is None:
                return None
            now = _design(np.array([week]), np.array([control.periods]), control, False)[0]
    eta = float(now @ fit.coefficients) + float(offset_all[week])
    eta_error = math.sqrt(fit.phi_unweighted * float(now @ fit.covariance @ now))
    upper, p, score = _threshold(eta, eta_error, fit.phi, float(count[week]), control)
    least, weeks = control.enough_cases
    enough = float(np.sum(count[week - weeks + 1 : week + 1])) >= least
    return Judgement(
        expected=math.exp(eta) if enough else math.nan,
        upper=upper if enough else math.nan,
        p=p,
        phi=fit.phi,
        trend=trend,
        alarm=enough and score > 1 and count[week] != 0,
    )


def _reference(week: int, control: Control) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Weeks that enter the regression and the season of each: `periods` for the windows around the same week of each
    year, 1 … `periods` - 1 for equal stretches between two windows, the longer ones first."""
    half, periods = control.half_window, control.periods
    season = np.zeros(week + 1, dtype=np.int64)
    season[week - half : week + 1] = periods
    for year in range(1, control.years + 1):
        centre = week - control.frequency * year
        season[centre - half : centre + half + 1] = periods
        if periods > 1:
            first, between = centre + half + 1, control.frequency - 2 * half - 1
            length, longer = divmod(between, periods - 1)
            lengths = [length + (k < longer) for k in range(periods - 1)]
            season[first : first + between] = np.repeat(np.arange(1, periods), lengths)
    season[week - control.weeks_left_out :] = 0
    rows = np.flatnonzero(season)
    return rows, season[rows]


def _design(rows: npt.NDArray[np.int64], period: npt.NDArray[np.int64], control: Control, trend: bool) -> Array:
    """Intercept, week number (from 1, as in R) if there is a trend, a column for each period but the first."""
    columns: list[Array] = [np.ones(len(rows))]
    if trend:
        columns.append(rows.astype(np.float64) + 1.0)
    columns += [(period == k).astype(float) for k in range(2, control.periods + 1)]
    return np.column_stack(columns)


def _reweighted(design: Array, y: Array, offset: Array, control: Control) -> _Fit | None:
    """The fit after past outbreaks were weighed down, or None if one of the two fits does not converge."""
    first = _fit(design, y, offset, np.ones_like(y))
    if first is None:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = 1.5 * (y ** (2 / 3) * first.mean ** (-1 / 6) - np.sqrt(first.mean))
        residual /= np.sqrt(first.phi * (1 - first.leverage))
        raw = np.where(residual > control.weights_threshold, residual**-2.0, 1.0)
    if not np.isfinite(raw).all():
        return None
    return _fit(design, y, offset, raw * len(y) / raw.sum())


def _fit(design: Array, y: Array, offset: Array, prior: Array) -> _Fit | None:
    """Quasi-Poisson regression with log link by iteratively reweighted least squares, from mean = y + 0.1."""
    mean = y + 0.1
    eta = np.log(mean)
    before = math.inf
    for _ in range(_STEPS):
        weight = prior * mean
        root = np.sqrt(weight)
        target = eta - offset + (y - mean) / mean
        solved, *_ = np.linalg.lstsq(design * root[:, None], root * target, rcond=1e-11)
        coefficients: Array = solved.astype(np.float64)
        eta = design @ coefficients + offset
        mean = np.exp(eta)
        if not np.isfinite(mean).all() or (mean <= 0).any():
            return None
        deviance = _deviance(y, mean, prior)
        if abs(deviance - before) / (abs(deviance) + 0.1) < _EPSILON:
            break
        before = deviance
    else:
        return None
    # The last weights are those of the step that gave the coefficients, one step before `mean`: as in R.
    covariance = np.asarray(np.linalg.pinv((design * weight[:, None]).T @ design), dtype=np.float64)
    leverage = weight * np.einsum("ij,jk,ik->i", design, covariance, design)
    freedom = len(y) - np.linalg.matrix_rank(design)
    working = (y - mean) / mean
    phi = float((weight * working**2).sum() / freedom) if freedom > 0 else math.nan
    plain = float((prior * working**2).sum() / freedom) if freedom > 0 else math.nan
    return _Fit(coefficients, mean, prior, covariance, max(phi, 1.0), plain, leverage)


def _deviance(y: Array, mean: Array, prior: Array) -> float:
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging fit ends as "not converged"
        likelihood = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / mean), 0.0)
        return float(2 * (prior * (likelihood - (y - mean))).sum())


def _threshold(eta: float, eta_error: float, phi: float, y: float, control: Control) -> tuple[float, float, float]:
    """Upper bound, P(Y ≥ y) and exceedance score (1 at the bound)."""
    if control.threshold == "delta":
        mean = math.exp(eta)
        spread = math.sqrt(4 / 9 * mean ** (1 / 3) * (phi + (mean * eta_error) ** 2 / mean))
        upper = (mean ** (2 / 3) + stats.norm.ppf(1 - control.alpha) * spread) ** 1.5
        return upper, float(stats.norm.sf(y ** (2 / 3), mean ** (2 / 3), spread)), (y - mean) / (upper - mean)
    high = eta if control.threshold == "nbPlugin" else float(stats.norm.ppf(1 - control.alpha, eta, eta_error))
    mean = math.exp(high)
    law = stats.nbinom(mean / (phi - 1), 1 / phi) if phi > 1 else stats.poisson(mean)
    upper = float(law.ppf(1 - control.alpha))
    # The score takes the linear predictor for the mean, as the reference implementation does; its sign at the bound
    # is right all the same.
    return upper, float(law.sf(y - 1)), (y - eta) / (upper - eta)
