"""Is this week's count in this region more than its own past and exposure explain?

Model (gamma-Poisson with an empirical-Bayes prior; Clayton & Kaldor 1987, Marshall 1991). Region r, week w, exposure E:

    count ~ NB(mean = E * level_w * theta_r, 1/size = phi)     theta_r ~ Gamma(alpha, alpha)

`level` is the rate of all regions together, smoothed over a few weeks and continued along its slope, so that season
and growth move the expectation; `theta_r` is the region's own ratio to it, learnt from its past and shrunk to the
others' as far as they agree; `phi` is what the weeks vary beyond Poisson. The predictive law of the next count is
negative binomial with these three uncertainties added. A past count enters later baselines at most at the upper end
of its own forecast, so an outbreak does not hide its successor (Farrington et al. 1996 down-weight for this reason).

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

    name: str = "gamma-poisson-eb"
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
class _Forecast:
    mean: Array  # stories a region, NaN where it cannot be said
    size: Array  # NB size


def _forecast(count: Array, exposure: Array, ordinal: Array, now: int, rule: Rule) -> _Forecast:
    """Predictive law of week `now` for every region from columns before it.

    `count`, `exposure`: regions x weeks, NaN where there are no data; `ordinal`: week numbers, in step with time.
    """
    y, e = np.nan_to_num(count[:, :now]), np.nan_to_num(exposure[:, :now])
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
    x, b = (y * weight).sum(axis=1), (base * weight).sum(axis=1)
    known = b > 0
    ratio = np.divide(x, b, out=np.ones_like(x), where=known)
    centre = float(x.sum() / b.sum()) or 1.0

    # Over-dispersion by moments, shared by the series. Each region's mean costs one degree of freedom.
    fitted = base * np.maximum(ratio, 1e-9)[:, None]
    cells = int((base > 0).sum())
    freedom = cells / max(cells - int(known.sum()), 1)
    surplus = (((y - fitted) ** 2 * freedom - fitted) * (base > 0)).sum()
    phi = max(0.0, float(surplus / max((fitted**2).sum(), 1e-12)))

    # Past weeks that vary beyond Poisson say less about the region's mean: the same sums with less weight.
    weeks_seen = np.maximum((base > 0).sum(axis=1), 1)
    discount = 1.0 / (1.0 + phi * base.sum(axis=1) / weeks_seen * centre)
    between = float((b * (ratio - centre) ** 2)[known].sum() / b.sum())
    noise = centre * int(known.sum()) / float((b * discount).sum())
    spread = max(between - noise, 1e-4 * centre**2) if known.sum() > 1 else centre**2
    alpha = centre**2 / spread
    shape = alpha + discount * x
    theta = shape / (alpha / centre + discount * b)

    mean = exposure[:, now] * ahead * theta
    variance = 1.0 / shape + phi * (1.0 + 1.0 / shape) + ahead_error
    return _Forecast(mean, 1.0 / np.maximum(variance, 1e-9))


def _judge_series(count: Array, exposure: Array, ordinal: Array, rule: Rule) -> dict[str, Array]:
    """Expected, lo, hi, p, q for one series as regions x weeks; NaN where the region has no baseline or no exposure."""
    blank = np.full(count.shape, np.nan)
    result = {name: blank.copy() for name in ("expected", "lo", "hi", "p", "q")}
    usable = np.nan_to_num(exposure) > 0
    used = np.where(usable, count, np.nan)
    weighed = np.where(usable, exposure, np.nan)
    earlier: Array = np.cumsum(usable, axis=1) - usable
    tail = (1 - rule.interval) / 2
    for now in range(count.shape[1]):
        ready = usable[:, now] & (earlier[:, now] >= rule.baseline_weeks)
        if not ready.any():
            continue
        forecast = _forecast(used, weighed, ordinal, now, rule)
        mean, size, seen = forecast.mean[ready], forecast.size[ready], count[ready, now]
        chance = size / (size + mean)
        p = mid_p(seen, mean, size)
        result["expected"][ready, now] = mean
        result["lo"][ready, now] = stats.nbinom.ppf(tail, size, chance)
        result["hi"][ready, now] = stats.nbinom.ppf(1 - tail, size, chance)
        result["p"][ready, now] = p
        result["q"][ready, now] = benjamini_hochberg(p)
        ceiling = stats.nbinom.ppf(rule.robust_quantile, size, chance)
        used[ready, now] = np.minimum(seen, np.maximum(ceiling, 1.0))
    return result


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
    interval); `p` mid-p, `q` Benjamini-Hochberg over the regions of a series and week; `status` ok, no_baseline or
    insufficient (no exposure). SignalInputError for a missing column or a repeated cell.
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
        for name, values in _judge_series(count, exposure, ordinal, rule).items():
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
