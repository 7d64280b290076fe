"""Did a source write so little that its own past makes it improbable? Judged before tension is.

A quiet source is not a calm region: `silent` and `thin` sources hold the regions they usually tell about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

COLUMNS: Final = ("source_id", "week", "articles", "expected", "p_low", "status")


@dataclass(frozen=True, slots=True)
class HealthRule:
    """DECISIONS, "Floors, caps, health": a count is a failure only if its probability is below .001."""

    baseline_weeks: int = 8
    memory_weeks: int = 26
    improbable: float = 0.001
    pooled_weeks: float = 26.0  # a source's dispersion shows in few weeks only: the others' weighs as much as 26


DEFAULT: Final = HealthRule()


def _dispersion(counts: Array, days: Array) -> float:
    """phi of var = mean + phi mean^2 for one source by moments; 0 for fewer than two weeks."""
    if counts.size < 2 or not counts.sum():
        return 0.0
    mean = counts.sum() / days.sum() * days
    surplus = ((counts - mean) ** 2).sum() * counts.size / (counts.size - 1) - mean.sum()
    return max(0.0, float(surplus / (mean**2).sum()))


def _forecasts(counts: Array, days: Array, rule: HealthRule) -> tuple[Array, Array, Array]:
    """(mean, NB size, P(so few or fewer)) of every source and week from the source's own sound earlier weeks.

    Sources x weeks, NaN while a source is new. The median of the sources' dispersions stands beside a source's own:
    a large channel must not set it for small papers.
    """
    begun = np.cumsum(counts > 0, axis=1) > 0
    sound = begun.copy()  # weeks that may teach: since the first text, and not themselves improbable
    mean, size, low = (np.full(counts.shape, np.nan) for _ in range(3))
    for now in range(counts.shape[1]):
        start = max(0, now - rule.memory_weeks)
        past = [np.flatnonzero(sound[i, start:now]) + start for i in range(counts.shape[0])]
        own = [_dispersion(counts[i, seen], days[i, seen]) for i, seen in enumerate(past)]
        taught = [phi for phi, seen in zip(own, past, strict=True) if seen.size > 1]
        pooled = float(np.median(taught)) if taught else 0.0
        for i, seen in enumerate(past):
            if int(begun[i, :now].sum()) < rule.baseline_weeks or not counts[i, seen].sum():
                continue
            shape = counts[i, seen].sum() + 0.5
            phi = (own[i] * seen.size + pooled * rule.pooled_weeks) / (seen.size + rule.pooled_weeks)
            mean[i, now] = shape / days[i, seen].sum() * days[i, now]
            size[i, now] = 1 / (1 / shape + phi)
            low[i, now] = stats.nbinom.cdf(counts[i, now], size[i, now], size[i, now] / (size[i, now] + mean[i, now]))
            sound[i, now] &= low[i, now] >= rule.improbable
    return mean, size, low


def _runs(empty: Mask) -> Iterator[slice]:
    """Maximal runs of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(int)))
    return (slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))


def _all_empty(mean: Array, size: Array) -> float:
    """P(no text at all) in cells with these predictive laws, their sum taken as negative binomial by its moments."""
    total = float(mean.sum())
    joint = total**2 / float((mean**2 / size).sum())
    return float((joint / (joint + total)) ** joint)


def judge_sources(frame: pd.DataFrame, rule: HealthRule = DEFAULT) -> pd.DataFrame:
    """Grain source x week with `expected` texts, `p_low` and `status` healthy, thin, silent or new.

    In: `source_id home_region week week_number days articles` (`days` of the week that were asked for). `p_low` is the
    probability of so few texts or fewer. A run of empty weeks is one count, and so are the empty weeks that all sources
    of a region share: two small papers that fall silent together for a fortnight are improbable where each one in each
    week is not. Such a run marks all its weeks, also those already told of: silence is known only when it lasts. A
    source is `new` before its ninth week, counted from its first text.
    """
    wide = frame.sort_values(["source_id", "week_number"])
    names = list(dict.fromkeys(wide["source_id"]))
    weeks = list(dict.fromkeys(wide.sort_values("week_number")["week"]))
    counts = wide["articles"].to_numpy(dtype=float).reshape(len(names), len(weeks))
    days = wide["days"].to_numpy(dtype=float).reshape(counts.shape)
    mean, size, low = _forecasts(counts, days, rule)
    empty = (counts == 0) & ~np.isnan(mean)
    lines = [np.array([i]) for i in range(len(names))]
    home = wide.drop_duplicates("source_id")["home_region"].reset_index(drop=True)
    lines += [rows.index.to_numpy() for _, rows in home.dropna().to_frame().groupby("home_region") if len(rows) > 1]
    for line in lines:
        for run in _runs(empty[line].all(axis=0)):
            p = _all_empty(mean[line, run], size[line, run])
            if p < rule.improbable:
                low[line, run] = np.minimum(low[line, run], p)
    failed = low < rule.improbable
    status = np.where(np.isnan(mean), "new", np.where(~failed, "healthy", np.where(counts == 0, "silent", "thin")))
    result = wide[["source_id", "week", "articles"]].reset_index(drop=True)
    for name, values in (("expected", mean), ("p_low", low), ("status", status)):
        result[name] = values.ravel()
    return result[list(COLUMNS)]
