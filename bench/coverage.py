"""What the intervals of corrected rates cover, errors of the classifier included (warehouse/prevalence.py).

    python bench/coverage.py [--runs 1000] [--seed 1] [--quick]

A run: a country of stories in 8 weeks of unequal size, a classifier of the given sensitivity and specificity, an audit
of the given size (half of it from flagged stories, as `shanyraq audit draw` does), and region-weeks of `placed` stories
whose true rate is `times` the country's. Around each setting the rate varies by a factor of e^.4 either way: the exact
coverage of an interval for a count saws up and down with the rate, so one rate says nothing (Brown, Cai & DasGupta 2001).
A tenth of the stories not counted is flagged for another indicator; half of the missed ones are among them.

Columns: coverage of the published interval, its misses below (interval above the truth) and above, its median width per
1,000; the check by Rogan and Gladen; the interval that knows no classifier error (Jeffreys); PPI++ for the country's
share; share of runs whose audit sufficed (the last line counts settings where half of them do). The Monte-Carlo error of a coverage stands at its head. `--uneven` breaks the
assumption that all regions are read equally well: sensitivity differs between regions with that standard deviation.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy import stats

from warehouse.prevalence import Audit, Stratum, corrected_rates, errors_of, prediction_powered, rogan_gladen

WEEKS, STORIES = 8, 2500  # a series of a week, whole country
FLAGGED, MISSED_IN_FLAGGED = 0.1, 0.5
JITTER = 0.4
NOMINAL, TOLERANCE = 0.95, 0.015
HALF = 0.5


@dataclass(frozen=True)
class Setting:
    """A country, its classifier and its audit."""

    prevalence: float
    sensitivity: float
    specificity: float
    audit: int
    uneven: float = 0.0


GRID = tuple(
    Setting(prevalence, sensitivity, specificity, audit)
    for prevalence, (sensitivity, specificity), audit in product(
        (0.01, 0.03, 0.1), ((0.6, 0.99), (0.8, 0.97), (0.8, 0.995), (0.95, 0.99)), (120, 800, 2400)
    )
)
CELLS = tuple(product((20, 60, 300), (1.0, 3.0)))  # stories placed, times the country's rate
QUICK = (Setting(0.03, 0.8, 0.99, 800), Setting(0.1, 0.6, 0.97, 120))


def audit_of(setting: Setting, rng: np.random.Generator) -> tuple[Audit, float]:
    """An audit, and the true share in the audited weeks."""
    p, se, fp = setting.prevalence, setting.sensitivity, 1 - setting.specificity
    counted, missed = p * se + (1 - p) * fp, p * (1 - se)
    in_flagged = MISSED_IN_FLAGGED * missed
    flagged = FLAGGED * (1 - counted)
    rest = 1 - counted - flagged
    true = np.array([p * se / counted, in_flagged / flagged, (missed - in_flagged) / rest])
    sums = np.zeros((3, 4))  # stories, weight, weight squared, weight of the true
    size, all_true = 0, 0
    for stories in rng.lognormal(np.log(STORIES), 0.5, WEEKS).astype(int):
        strata = rng.multinomial(stories, [counted, flagged, rest])
        truth = rng.binomial(strata, true)
        all_true += int(truth.sum())
        sums[:, 0] += strata
        half = setting.audit // WEEKS // 2
        drawn_flagged = min(half, int(strata[:2].sum()))
        from_counted = int(rng.hypergeometric(strata[0], strata[1], drawn_flagged))
        drawn = np.array([from_counted, drawn_flagged - from_counted, setting.audit // WEEKS - drawn_flagged])
        size += int(drawn.sum())
        weights = np.array([*[strata[:2].sum() / max(drawn_flagged, 1)] * 2, strata[2] / drawn[2]])
        judged_true = rng.hypergeometric(truth, strata - truth, drawn)
        sums[:, 1] += weights * drawn
        sums[:, 2] += weights**2 * drawn
        sums[:, 3] += weights * judged_true
    parts = []
    for stories, weight, squared, weight_true in sums:
        audited = weight**2 / squared if squared else 0.0
        parts.append(Stratum(float(stories), audited, audited * weight_true / weight if weight else 0.0))
    return Audit(parts[0], parts[1], parts[2], size), all_true / float(sums[:, 0].sum())


def measure(setting: Setting, runs: int, rng: np.random.Generator) -> Iterator[str]:
    """A line a kind of region-week."""
    results = np.full((runs, len(CELLS), 6), np.nan)  # covered, too high, too low, width, Rogan-Gladen, Jeffreys
    national = np.full(runs, np.nan)
    for run in range(runs):
        audit, share = audit_of(setting, rng)
        if not audit.sufficient or not (errors := errors_of(audit)).usable:
            continue
        powered = prediction_powered(audit)
        national[run] = powered.lo <= share <= powered.hi
        placed = [n for n, _ in CELLS]
        rates = [setting.prevalence * times * float(np.exp(rng.uniform(-JITTER, JITTER))) for _, times in CELLS]
        se = np.clip(rng.normal(setting.sensitivity, setting.uneven, len(CELLS)), 0.05, 1.0)
        seen = [r * s + (1 - r) * (1 - setting.specificity) for r, s in zip(rates, se, strict=True)]
        counted = rng.binomial(placed, seen)
        _, lo, hi = corrected_rates(counted.tolist(), placed, errors)
        for cell, (x, n, rate) in enumerate(zip(counted, placed, rates, strict=True)):
            check = rogan_gladen(int(x), n, audit)
            plain = stats.beta.ppf((0.025, 0.975), x + 0.5, n - x + 0.5)
            results[run, cell] = (
                lo[cell] <= rate <= hi[cell], lo[cell] > rate, hi[cell] < rate, hi[cell] - lo[cell],
                check.lo <= rate <= check.hi, (plain[0] <= rate or x == 0) and rate <= plain[1],
            )  # fmt: skip
    used = float(np.isfinite(national).mean())
    if used == 0:
        yield f"{_name(setting)} the audit never suffices"
        return
    for cell, (placed_, times) in enumerate(CELLS):
        mean = np.nanmean(results[:, cell], axis=0)
        if used >= HALF:  # below, the runs left are the lucky ones, and few
            COVERED.append((float(mean[0]), setting, placed_, times))
        yield (
            f"{_name(setting)} {placed_:6d} {times:5.0f}   {mean[0]:8.3f} {mean[1]:6.3f} {mean[2]:6.3f} "
            f"{1000 * float(np.nanmedian(results[:, cell, 3])):6.0f}   {mean[4]:8.3f} {mean[5]:8.3f}   "
            f"{np.nanmean(national):6.3f} {used:5.2f}"
        )


COVERED: list[tuple[float, Setting, int, float]] = []


def _name(setting: Setting) -> str:
    return f"{setting.prevalence:5.2f} {setting.sensitivity:5.2f} {setting.specificity:6.3f} {setting.audit:6d}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="two settings instead of the grid")
    parser.add_argument("--uneven", type=float, default=0.0, help="standard deviation of sensitivity between regions")
    asked = parser.parse_args()
    started = time.process_time()
    error = float(np.sqrt(NOMINAL * (1 - NOMINAL) / asked.runs))
    print(f"{asked.runs} runs a setting, Monte-Carlo standard error of a coverage {error:.4f}, seed {asked.seed}")
    print(" true  sens   spec  audit placed times   coverage  below  above  width   rog-glad jeffreys     ppi  used")
    for number, setting in enumerate(QUICK if asked.quick else GRID):
        rng = np.random.default_rng((asked.seed, number))
        for line in measure(replace(setting, uneven=asked.uneven), asked.runs, rng):
            print(line, flush=True)
    covered = np.array([coverage for coverage, *_ in COVERED])
    within = float((np.abs(covered - NOMINAL) <= TOLERANCE).mean())
    worst = min(COVERED, key=lambda entry: entry[0])
    print(f"mean coverage {covered.mean():.4f} (standard error {error / np.sqrt(len(covered)):.4f}), "
          f"{within:.0%} of {len(covered)} settings within {NOMINAL} ± {TOLERANCE}, lowest {worst[0]:.3f} at "
          f"{_name(worst[1])} {worst[2]} {worst[3]:.0f}; {time.process_time() - started:.0f} s of CPU")  # fmt: skip


if __name__ == "__main__":
    main()
