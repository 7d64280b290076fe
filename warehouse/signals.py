"""Is this week's count in this region more than its own past, the season and exposure explain?

Model (gamma-Poisson with an empirical-Bayes prior; Clayton & Kaldor 1987, Marshall 1991). Region r, week w, exposure E:

    mean = E * season_w * level_w * own_rw * theta_r     theta_r ~ Gamma(alpha, alpha)
    variance = mean * (1 + kappa) + phi * mean^2

`season` is two harmonics of the year and a factor for each feast, `level` the rate of all regions together, smoothed
over a few weeks and continued along its slope, so that season and growth move the expectation; `own` is how a
region's year differs from the common one, `theta_r` the region's own ratio to the level: both are learnt from its
past and shrunk as far as the regions agree; `kappa` and `phi` are what the weeks vary beyond Poisson.
The predictive law of the next count is negative binomial with the uncertainties of season, level, own year and theta
added. A past count enters later baselines at most at the upper end of its own forecast, so an outbreak does not hide
its successor (Farrington et al. 1996 down-weight for this reason).

What builds up slowly shows in the last two or three weeks together before it shows in one. So the week's mid-p is
joined with those of the two longer windows (Cauchy combination, Liu & Xie 2020), in which a window may strengthen
what the week itself says, but not speak alone: an outbreak that is over does not signal.

Pure and one-sided: a week is judged from the weeks before it only, in all regions of its series; no cool-down (that
is `alerts.py`). `detect` serves the build and the filter `shanyraq signals` alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from scipy.optimize import nnls

from warehouse import calendar_days

Array = npt.NDArray[np.float64]

ADDED: Final = ("expected", "lo", "hi", "p", "q", "level", "status")
REQUIRED: Final = ("series", "region", "week", "count", "exposure")
_WEEK: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")  # float() also takes 1_000 and nan
_LIMIT: Final = 1e12  # beyond it the sums of the model lose their whole numbers
_HALF: Final = re.compile("[\ud800-\udfff]")  # what a reader with `surrogateescape` makes of bytes that are no UTF-8


class SignalInputError(ValueError):
    """A table that cannot be judged as a whole; the message names the column."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is decided beforehand. The figures behind the choices are printed by `bench/signals.py`."""

    name: str = "gamma-poisson-eb-windows"
    baseline_weeks: int = 8  # METHOD: below that a region has no baseline
    watch_q: float = 0.10
    alert_q: float = 0.05
    watch_stories: int = 3
    alert_stories: int = 5
    watch_owners: int = 2
    alert_owners: int = 3
    interval: float = 0.95
    region_half_life: float = 52.0  # weeks; a region's ratio to the others changes slowly
    level_half_life: float = 5.0  # weeks; season and growth of the whole series
    level_prior_stories: float = 20.0  # the smoothed level is pulled to the long-run rate with the weight of 20 stories
    slope_sd: float = 0.03  # log-rate a week
    robust_quantile: float = 0.99  # a past count above this quantile of its own forecast counts as the quantile
    season_weeks: int = 52  # a year that was never seen has no harmonics
    harmonics: int = 2
    season_sd: float = 0.4  # of a harmonic's log factor, before anything was seen
    feast_sd: float = 0.3  # of a feast's log factor
    trend_sd: float = 1.0  # log-rate a year
    windows: tuple[int, ...] = (1, 2, 3)  # weeks judged together
    window_weights: tuple[float, ...] = (0.7, 0.2, 0.1)
    window_help: float = 0.05  # a longer window's p counts at least as this share of the week's own


DEFAULT: Final = Rule()


def week_start(week: str) -> date:
    """Monday of an ISO week like `2026-W22`; ValueError if that year has no such week (2025 has no W53, 2026 has)."""
    match = _WEEK.fullmatch(week)
    if match is None:
        raise ValueError(f"week {week!r} is not like 2026-W22")
    return date.fromisocalendar(int(match[1]), int(match[2]), 1)


def benjamini_hochberg(p: Array) -> Array:
    """Adjusted p-values (Benjamini & Hochberg 1995): the smallest false-discovery rate that rejects each one."""
    if p.size == 0:
        return p.copy()
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1]
    q = np.empty_like(p)
    q[order] = np.minimum(adjusted, 1.0)
    return q


def mid_p(count: Array, mean: Array, size: Array) -> Array:
    """P(Y > count) + P(Y = count) / 2 for Y ~ NB(mean, size): the upper tail without the bias of discreteness."""
    chance = size / (size + mean)
    tail: Array = stats.nbinom.sf(count, size, chance) + 0.5 * stats.nbinom.pmf(count, size, chance)
    return tail


def _level_ahead(total_y: Array, total_e: Array, age: Array, overall: float, rule: Rule) -> tuple[float, float]:
    """Rate of all regions one week ahead and its squared relative error, from a local log-linear Poisson fit.

    log rate = a - b * age, weeks weighted by half-life; a is pulled to the long-run rate with the weight of
    `level_prior_stories`, the weekly slope b to 0 with sd `slope_sd`: a wave of the year moves by up to 5 % a week, and
    without a slope the level runs behind it and every region looks alarming while it rises.
    """
    weight = 0.5 ** (age / rule.level_half_life)
    design = np.column_stack([np.ones_like(age), -age])
    pull = np.array([rule.level_prior_stories, 1.0 / rule.slope_sd**2])
    centre = np.array([math.log(overall), 0.0])
    seen = (weight * total_y).sum() + rule.level_prior_stories
    state = np.array([math.log(seen / ((weight * total_e).sum() + rule.level_prior_stories / overall)), 0.0])
    curvature = np.diag(pull)
    for _ in range(6):  # Newton; the fit is convex and starts close
        expected = weight * total_e * np.exp(np.clip(design @ state, -50, 50))
        slope = design.T @ (weight * total_y - expected) - pull * (state - centre)
        curvature = design.T @ (expected[:, None] * design) + np.diag(pull)
        state = state + np.clip(np.linalg.solve(curvature, slope), -1, 1)
    return math.exp(state[0]), float(np.linalg.inv(curvature)[0, 0])


@dataclass(frozen=True, slots=True)
class _Season:
    factor: Array  # of every week up to the judged one, 1 where there is no season
    error: float  # squared relative error of the judged week's


@dataclass(frozen=True, slots=True)
class _Forecast:
    """Predictive law of one week; arrays by region, NaN where it cannot be said."""

    mean: Array
    learnt: Array  # squared relative error of the mean: the same in every week of a window
    kappa: float
    phi: float
    own: _OwnSeason | None

    def size(self, mean: Array, weeks: int = 1) -> Array:
        """NB size of the sum of `weeks` weeks with this expected sum."""
        beyond = self.kappa + mean * (self.learnt + self.phi * (1.0 + self.learnt) / weeks)
        return mean / np.maximum(beyond, 1e-9 * np.maximum(mean, 1e-9))


def _season(total_y: Array, total_e: Array, ordinal: Array, feasts: Array, now: int, rule: Rule) -> _Season:
    """Factor of season and feasts in week `now` and before, from a penalised quasi-Poisson fit to all regions together.

    `feasts`: weeks x feasts, 1 where the feast falls into the week. A trend is fitted beside them and left out of the
    factor: growth is the level's business.
    """
    cycle = ordinal[: now + 1] * (2 * math.pi / 52.1775)
    waves = range(1, rule.harmonics + 1) if now and ordinal[now] - ordinal[0] >= rule.season_weeks else range(0)
    held = feasts[: now + 1]
    held = held[:, held.any(axis=0)]  # feasts of later weeks are no business of this one
    years = (ordinal[: now + 1] - ordinal[now]) / 52.1775
    columns = [np.ones(now + 1), years, *(f(k * cycle) for k in waves for f in (np.cos, np.sin)), *held.T]
    sd = [rule.trend_sd, *[rule.season_sd] * (2 * len(waves)), *[rule.feast_sd] * held.shape[1]]
    pull = np.array([0.0, *(1.0 / s**2 for s in sd)])
    design = np.column_stack(columns)
    past, seen = design[:now], total_e > 0
    state = np.zeros(design.shape[1])
    state[0] = math.log(max(float(total_y.sum()), 0.5) / float(total_e.sum()))
    curvature, dispersion = np.diag(pull + 1e-9), 1.0
    for _ in range(2):  # once as Poisson, once with the dispersion that leaves
        for _ in range(8):
            expected = np.where(seen, total_e * np.exp(np.clip(past @ state, -50, 50)), 0.0)
            slope = past.T @ (total_y - expected) / dispersion - pull * state
            curvature = (past.T * (expected / dispersion)) @ past + np.diag(pull)
            step = np.linalg.solve(curvature, slope)
            state = state + np.clip(step, -1, 1)
            if np.abs(step).max() < 1e-6:
                break
        surplus = ((total_y - expected) ** 2 / np.maximum(expected, 0.1))[seen].sum()
        dispersion = max(1.0, float(surplus / max(int(seen.sum()) - design.shape[1], 1)))
    design[:, :2] = 0.0
    error = float(design[now] @ np.linalg.inv(curvature) @ design[now])
    return _Season(np.exp(design @ state), error)


@dataclass(frozen=True, slots=True)
class _OwnSeason:
    """How each region's year differs from the common one, as far as the weeks before the judged one tell."""

    state: Array  # regions x coefficients: the region's level, then cosine and sine of each harmonic
    spread: float  # variance of the harmonics between regions
    factor: Array  # regions x weeks up to the judged one
    error: Array  # squared relative error of the judged week's, by region


def _own_season(
    y: Array, base: Array, ordinal: Array, now: int, before: _Forecast | None, rule: Rule
) -> _OwnSeason | None:
    """Harmonics of each region beside the common season; None before a year was seen.

    Penalised quasi-Poisson fits of all regions at once; how far regions differ (`spread`) comes from the fits
    themselves (EM, empirical Bayes). Goes on from the last week's fit, which a new week moves little.
    """
    if ordinal[now] - ordinal[0] < rule.season_weeks or y.sum() < rule.level_prior_stories:
        return None
    cycle = ordinal[: now + 1] * (2 * math.pi / 52.1775)
    waves = [f(k * cycle) for k in range(1, rule.harmonics + 1) for f in (np.cos, np.sin)]
    design = np.column_stack([np.ones(now + 1), *waves])
    past, width = design[:now], design.shape[1]
    products = (past[:, :, None] * past[:, None, :]).reshape(now, width * width)
    kappa, phi, last = (before.kappa, before.phi, before.own) if before else (0.0, 0.0, None)
    if last:
        state, spread, rounds = last.state, last.spread, 1
    else:
        state, spread, rounds = np.zeros((len(y), width)), rule.season_sd**2, 8
        state[:, 0] = np.log((y.sum(axis=1) + 0.5) / (base.sum(axis=1) + 0.5))
    covariance = np.zeros((len(y), width, width))
    for _ in range(rounds):
        pull = np.array([1e-3, *[1.0 / spread] * (width - 1)])
        for _ in range(2):
            expected = base * np.exp(np.clip(state @ past.T, -30, 30))
            scale = 1.0 + kappa + phi * expected
            slope = ((y - expected) / scale) @ past - pull * state
            curvature = ((expected / scale) @ products).reshape(-1, width, width) + np.diag(pull)
            covariance = np.linalg.inv(curvature)
            state = state + np.clip(np.einsum("rij,rj->ri", covariance, slope), -1, 1)
        variance = np.einsum("rii->ri", covariance)[:, 1:]
        spread = max(float((state[:, 1:] ** 2 + variance).mean()), 1e-4)
    design[:, 0] = 0.0
    factor = np.exp(np.clip(state @ design.T, -5, 5))
    return _OwnSeason(state, spread, factor, np.einsum("i,rij,j->r", design[now], covariance, design[now]))


def _forecast(
    count: Array, exposure: Array, ordinal: Array, feasts: Array, now: int, before: _Forecast | None, rule: Rule
) -> _Forecast:
    """Predictive law of week `now` for every region from columns before it; `before` is that of the last week.

    `count`, `exposure`: regions x weeks, NaN where there are no data; `ordinal`: week numbers, in step with time.
    """
    y, e = np.nan_to_num(count[:, :now]), np.nan_to_num(exposure[:, :now])
    season = _season(y.sum(axis=0), e.sum(axis=0), ordinal, feasts, now, rule)
    e = e * season.factor[:now]
    age = ordinal[now] - ordinal[:now]
    total_y, total_e = y.sum(axis=0), e.sum(axis=0)
    weight = 0.5 ** (age / rule.region_half_life)
    overall = float((weight * total_y).sum() / (weight * total_e).sum())
    if overall == 0:  # nothing ever counted: half a story in all that exposure (Jeffreys), spread over all regions
        overall = 0.5 / float(total_e.sum())
    distance = np.abs(ordinal[:now, None] - ordinal[None, :now])
    kernel = 0.5 ** (distance / rule.level_half_life)
    prior = rule.level_prior_stories
    level = (kernel @ total_y + prior) / (kernel @ total_e + prior / overall)
    ahead, ahead_error = _level_ahead(total_y, total_e, age, overall, rule)

    base = e * level[None, :]
    own = _own_season(y, base, ordinal, now, before, rule)
    if own:
        base = base * own.factor[:, :now]
    x, b = (y * weight).sum(axis=1), (base * weight).sum(axis=1)
    known = b > 0
    ratio = np.divide(x, b, out=np.ones_like(x), where=known)
    centre = float(x.sum() / b.sum()) or 1.0
    kappa, phi = _dispersion(y, base * np.maximum(ratio, 1e-9)[:, None], int(known.sum()))

    # Past weeks that vary beyond Poisson say less about the region's mean: the same sums with less weight.
    weeks_seen = np.maximum((base > 0).sum(axis=1), 1)
    discount = 1.0 / (1.0 + kappa + phi * base.sum(axis=1) / weeks_seen * centre)
    between = float((b * (ratio - centre) ** 2)[known].sum() / b.sum())
    noise = centre * int(known.sum()) / float((b * discount).sum())
    spread = max(between - noise, 1e-4 * centre**2) if known.sum() > 1 else centre**2
    alpha = centre**2 / spread
    shape = alpha + discount * x
    theta = shape / (alpha / centre + discount * b)

    mean = exposure[:, now] * season.factor[now] * ahead * theta
    learnt = 1.0 / shape + ahead_error + season.error
    if own:
        mean, learnt = mean * own.factor[:, now], learnt + own.error
    return _Forecast(mean, learnt, kappa, phi, own)


def _dispersion(y: Array, fitted: Array, means: int) -> tuple[float, float]:
    """`kappa` and `phi` of the series by moments; each of the `means` regional means costs a degree of freedom.

    One of the two alone fits badly where means differ widely: with `phi` alone the low season of a strong wave looks
    too sure and alarms.
    """
    seen = fitted > 0
    mean = fitted[seen]
    if not mean.size:
        return 0.0, 0.0
    freedom = mean.size / max(mean.size - means, 1)
    surplus = (y[seen] - mean) ** 2 * freedom - mean
    scale = np.sqrt(mean + 2 * mean**2)  # sd of a squared Poisson deviation
    (kappa, phi), _ = nnls(np.column_stack([mean / scale, mean**2 / scale]), surplus / scale)
    return float(kappa), float(phi)


def _joined(p: Array, longer: Sequence[Array], rule: Rule) -> Array:
    """The week's mid-p joined with those of longer windows; falls when the week's count rises, as each of them does."""
    tiny = 1e-15
    total = rule.window_weights[0] * np.tan((0.5 - np.clip(p, tiny, 1 - tiny)) * math.pi)
    for weight, other in zip(rule.window_weights[1:], longer, strict=True):
        # The upper end: a quiet week before must not talk a loud one down without limit.
        held = np.clip(np.clip(other, rule.window_help * p, np.maximum(p, 0.9)), tiny, 1 - tiny)
        total = total + weight * np.tan((0.5 - held) * math.pi)
    joined: Array = 0.5 - np.arctan(total) / math.pi
    return joined


def _judge_series(count: Array, exposure: Array, ordinal: Array, feasts: Array, rule: Rule) -> dict[str, Array]:
    """Expected, lo, hi, p, q for one series as regions x weeks; NaN where the region has no baseline or no exposure."""
    blank = np.full(count.shape, np.nan)
    result = {name: blank.copy() for name in ("expected", "lo", "hi", "p", "q")}
    usable = np.nan_to_num(exposure) > 0
    used = np.where(usable, count, np.nan)
    weighed = np.where(usable, exposure, np.nan)
    earlier: Array = np.cumsum(usable, axis=1) - usable
    tail = (1 - rule.interval) / 2
    forecast: _Forecast | None = None
    for now in range(count.shape[1]):
        ready = usable[:, now] & (earlier[:, now] >= rule.baseline_weeks)
        if not ready.any():
            continue
        forecast = _forecast(used, weighed, ordinal, feasts, now, forecast, rule)
        result["expected"][ready, now] = forecast.mean[ready]
        seen, mean, size = count[ready, now], forecast.mean[ready], forecast.size(forecast.mean)[ready]
        chance = size / (size + mean)
        longer = [
            _window(count, result["expected"], ordinal, forecast, now, weeks)[ready] for weeks in rule.windows[1:]
        ]
        p = _joined(mid_p(seen, mean, size), longer, rule)
        result["lo"][ready, now] = stats.nbinom.ppf(tail, size, chance)
        result["hi"][ready, now] = stats.nbinom.ppf(1 - tail, size, chance)
        result["p"][ready, now] = p
        result["q"][ready, now] = benjamini_hochberg(p)
        ceiling = stats.nbinom.ppf(rule.robust_quantile, size, chance)
        used[ready, now] = np.minimum(seen, np.maximum(ceiling, 1.0))
    return result


def _window(count: Array, expected: Array, ordinal: Array, forecast: _Forecast, now: int, weeks: int) -> Array:
    """Mid-p of the last `weeks` weeks together against their own forecasts; a week that was not judged is left out."""
    within = [k for k in range(max(0, now - weeks + 1), now + 1) if ordinal[now] - ordinal[k] < weeks - 0.5]
    judged = ~np.isnan(expected[:, within])
    mean = np.where(judged, expected[:, within], 0.0).sum(axis=1)
    mean[mean == 0] = np.nan  # nothing judged, nothing said
    seen = np.where(judged, count[:, within], 0.0).sum(axis=1)
    return mid_p(seen, mean, forecast.size(mean, weeks))


def _levels(frame: pd.DataFrame, rule: Rule) -> pd.Series[str]:
    """`''`, `watch` or `alert` by q and the floors; the floor on owners holds only where the column is there.

    Where a count was weighted (owner cap), the column `stories` carries the whole stories the floor looks at.
    """
    stories = frame["stories"] if "stories" in frame else frame["count"]
    watch = (frame["q"] < rule.watch_q) & (stories >= rule.watch_stories)
    alert = (frame["q"] < rule.alert_q) & (stories >= rule.alert_stories)
    if "owners" in frame:
        watch &= frame["owners"] >= rule.watch_owners
        alert &= frame["owners"] >= rule.alert_owners
    level = pd.Series("", index=frame.index, dtype=object)
    return level.mask(watch, "watch").mask(alert, "alert")


def check_columns(found: Sequence[str]) -> None:
    """SignalInputError if a required column is missing or a column stands twice."""
    if missing := [name for name in REQUIRED if name not in found]:
        raise SignalInputError(f"signals need the column {', '.join(missing)}; found {', '.join(found) or 'no header'}")
    if twice := [name for name in dict.fromkeys(found) if name and found.count(name) > 1]:
        raise SignalInputError(f"signals need each column once; twice: {', '.join(twice)}")


def detect(frame: pd.DataFrame, rule: Rule = DEFAULT) -> pd.DataFrame:
    """The rows of `frame`, in order, with `expected lo hi p q level status` added.

    In: `series region week count exposure`, optionally `stories owners outlets`; one row a series, region and week;
    `count` whole and not negative. `expected`, `lo`, `hi` are counts (baseline rate x exposure, 95 % predictive
    interval); `p` the week's mid-p joined with those of longer windows, `q` Benjamini-Hochberg over the regions of a
    series and week; `status` ok, no_baseline or insufficient (no exposure). SignalInputError for a missing column or a
    repeated cell.
    """
    check_columns([str(name) for name in frame])
    keys = ["series", "region", "week"]
    if (twice := frame.duplicated(keys)).any():
        raise SignalInputError(f"cell twice: {' '.join(map(str, frame.loc[twice, keys].iloc[0]))}")
    result = frame.reset_index(drop=True)
    for name in ADDED[:5]:
        result[name] = np.nan
    exposed = result["exposure"].fillna(0).to_numpy(dtype=float) > 0
    for _, rows in result.groupby("series", sort=True):
        weeks = sorted(rows["week"].unique(), key=week_start)
        regions = sorted(rows["region"].unique())
        column = rows["week"].map({week: i for i, week in enumerate(weeks)}).to_numpy()
        line = rows["region"].map({region: i for i, region in enumerate(regions)}).to_numpy()
        count = np.full((len(regions), len(weeks)), np.nan)
        exposure = count.copy()
        count[line, column] = rows["count"].to_numpy(dtype=float)
        exposure[line, column] = rows["exposure"].fillna(0).to_numpy(dtype=float)
        ordinal = np.array([week_start(week).toordinal() / 7 for week in weeks])
        feasts = calendar_days.feast_weeks(weeks)
        for name, values in _judge_series(count, exposure, ordinal, feasts, rule).items():
            result.loc[rows.index, name] = values[line, column]
    judged = result["p"].notna().to_numpy()
    result["status"] = np.where(~exposed, "insufficient", np.where(judged, "ok", "no_baseline"))
    result["level"] = _levels(result, rule)
    return result


def _number(text: str | None) -> float | None:
    """A number from 0 to `_LIMIT`, or None for a blank; ValueError otherwise."""
    if text is None or not text.strip():
        return None
    if not _NUMBER.fullmatch(text.strip()) or not 0 <= (value := float(text)) <= _LIMIT:
        raise ValueError(f"{text!r} is no count")
    return value


def _cell(row: Mapping[str, str]) -> dict[str, object] | None:
    """The row as numbers, or None if any of its fields cannot be read or there are more of them than names."""
    if any(isinstance(value, list) or (value and _HALF.search(value)) for value in row.values()):
        return None
    try:
        week_start(row["week"].strip())
        count, exposure = _number(row["count"]), _number(row["exposure"])
        owners, _ = _number(row.get("owners")), _number(row.get("outlets"))
    except (ValueError, KeyError, AttributeError):
        return None
    if count is None or count != int(count) or not row["series"].strip() or not row["region"].strip():
        return None
    cell: dict[str, object] = {name: row[name].strip() for name in ("series", "region", "week")}
    cell |= {"count": count, "exposure": exposure}
    if "owners" in row:
        cell["owners"] = owners if owners is not None else 0.0
    return cell


def _shown(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def filter_rows(rows: Iterable[Mapping[str, str]], rule: Rule = DEFAULT) -> Iterator[dict[str, str]]:
    """CSV rows in, the same rows in the same order out with the columns of `ADDED`; all cells are text.

    A row that cannot be read, or that repeats a cell, gets `status` error and counts for nothing. SignalInputError
    if a required column is missing from the header.
    """
    kept = [dict(row) for row in rows]
    if kept:
        check_columns(list(kept[0]))
    cells: dict[int, dict[str, object]] = {}
    taken: set[tuple[object, object, object]] = set()
    for number, row in enumerate(kept):
        cell = _cell(row)
        if cell is not None and (key := (cell["series"], cell["region"], cell["week"])) not in taken:
            taken.add(key)
            cells[number] = cell
    judged: dict[int, Mapping[str, object]] = {}
    if cells:
        result = detect(pd.DataFrame(list(cells.values())), rule)
        for number, record in zip(cells, result.to_dict("records"), strict=True):
            judged[number] = {str(name): value for name, value in record.items()}
    for number, row in enumerate(kept):
        if (record_ := judged.get(number)) is None:
            yield row | dict.fromkeys(ADDED, "") | {"status": "error"}
        else:
            figures = {name: _shown(float(str(record_[name]))) for name in ADDED[:5]}
            yield row | figures | {"level": str(record_["level"]), "status": str(record_["status"])}
