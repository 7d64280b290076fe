"""The signal rule against Farrington flexible on the same series (Noufaily et al. 2013, Bédubourg & Le Strat 2017).

    python bench/outbreaks.py [--seed 11] [--every 1]
    apt-get install r-base-core r-cran-surveillance && python bench/outbreaks.py --r

Kinds of series, each 20 regions over five years and a bit, the last year judged: the 42 scenarios of Noufaily et al.;
sparse means from .2 to 10; regions whose seasons are out of phase; feasts at which everything trebles; a crawl that
doubles half of the regions. Outbreaks in turn as in METHOD (1.5 + u sd stories a week, u 1.5-3.5, one to four weeks),
of 2-10 sd in all over one to six weeks, and slow ones that grow for six weeks. Past outbreaks stand in the history.

Both rules by p at equal false-positive rates (share of quiet region-weeks of at least three stories signalled):
probability of detection (any week of the outbreak) and detection in its first week, with standard errors; and as they
are used: q < .10 here, p < .05 and p < .01 there. `--r` runs R on a part of the series and prints how far our
implementation of Farrington flexible is from R's.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from rich.progress import track

from warehouse.calendar_days import feast_weeks
from warehouse.farrington import Control, judge
from warehouse.signals import DEFAULT, benjamini_hochberg, detect

REGIONS, WEEKS, JUDGED = 20, 266, 52
RATES = (0.002, 0.005, 0.01, 0.02)
# theta, beta, gamma1, gamma2, phi of the seven parameter sets; each with and without trend, with 0, 1, 2 harmonics.
SETS = (
    (0.1, 0.0025, 0.6, 0.6, 1.5), (-2.0, 0.005, 0.1, 0.3, 2.0), (1.5, 0.003, 0.2, -0.4, 1.0), (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0), (3.75, 0.001, 0.1, -0.1, 1.1), (5.0, 0.0001, 0.05, 0.01, 1.2),
)  # fmt: skip
FARRINGTON = Control(years=4)

Array = npt.NDArray[np.float64]
Outbreak = tuple[int, int, int]  # region, first week, weeks


@dataclass
class World:
    """One set of series: counts and exposure as regions x weeks, and the outbreaks of the judged year."""

    kind: str
    name: str
    count: Array
    exposure: Array
    outbreaks: list[Outbreak]
    ours: Array = field(default_factory=lambda: np.empty(0))
    q: Array = field(default_factory=lambda: np.empty(0))
    theirs: Array = field(default_factory=lambda: np.empty(0))


def iso_weeks() -> list[str]:
    return [f"{day:%G-W%V}" for day in pd.date_range("2021-01-04", periods=WEEKS, freq="7D")]


def drawn(mean: Array, phi: float, rng: np.random.Generator) -> Array:
    """Counts with this mean and variance phi x mean."""
    plain = rng.poisson(mean) if phi <= 1 else rng.negative_binomial(mean / (phi - 1), 1 / phi)
    return plain.astype(float)


def break_out(
    count: Array, mean: Array, phi: float, form: str, rate: float, first: int, rng: np.random.Generator
) -> list[Outbreak]:
    """Add outbreaks to `count` from week `first` on, `rate` a region and week; they do not overlap."""
    found = []
    for region in range(count.shape[0]):
        week = first
        while week < count.shape[1] - 6:
            if rng.random() < rate:
                sd = float(np.sqrt(phi * mean[region, week]))
                if form == "plain":
                    extra = rng.poisson(1.5 + rng.uniform(1.5, 3.5) * sd, int(rng.integers(1, 5)))
                elif form == "spread":
                    weeks = int(rng.integers(1, 7))
                    extra = rng.multinomial(max(2, rng.poisson(rng.uniform(2, 10) * sd)), np.ones(weeks) / weeks)
                else:
                    extra = rng.poisson((1.5 + rng.uniform(2, 4) * sd) * np.arange(1, 7) / 6)
                count[region, week : week + len(extra)] += extra
                found.append((region, week, len(extra)))
                week += len(extra) + 10
            week += 1
    return found


def worlds(seed: int) -> Iterator[World]:
    """All series, drawn from `seed` alone."""
    week = np.arange(1, WEEKS + 1)
    plain = np.full((REGIONS, WEEKS), 500.0)
    feasts = feast_weeks(iso_weeks()).any(axis=1)
    forms = ("plain", "spread", "slow")
    jobs: list[tuple[str, str, Array, float, Array]] = []
    for number, (theta, beta, one, two, phi) in enumerate(SETS):
        for trend in (0, 1):
            for harmonics in (0, 1, 2):
                waves = sum(
                    (one * np.cos(2 * np.pi * k * week / 52) + two * np.sin(2 * np.pi * k * week / 52)
                     for k in range(1, harmonics + 1)), start=np.zeros(WEEKS),
                )  # fmt: skip
                mean = np.tile(np.exp(theta + trend * beta * week + waves), (REGIONS, 1))
                jobs.append(("Noufaily", f"set {number + 1}, trend {trend}, harmonics {harmonics}", mean, phi, plain))
    for level in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        rng = np.random.default_rng([seed, 1, int(level * 10)])
        ratio = rng.gamma(4, 0.25, (REGIONS, 1))
        exposure = 500 * rng.gamma(11, 1 / 11, (REGIONS, WEEKS))
        jobs.append(("sparse", f"mean {level}", level * ratio * exposure / 500, 1.0, exposure))
    for level, wave in ((1.0, 0.8), (4.0, 0.5), (12.0, 0.8)):
        rng = np.random.default_rng([seed, 2, int(level)])
        shift = rng.uniform(0, 2 * np.pi, (REGIONS, 1))
        jobs.append(
            ("out of phase", f"mean {level}", level * np.exp(wave * np.cos(2 * np.pi * week / 52 + shift)), 1.5, plain)
        )
    for level in (1.0, 4.0):
        jobs.append(("feasts", f"mean {level}", level * np.where(feasts, 3.0, 1.0) * np.ones((REGIONS, 1)), 1.2, plain))
    for level in (1.0, 6.0):
        exposure = plain.copy()
        exposure[::2, WEEKS - JUDGED + 10 :] *= 2
        jobs.append(("doubled crawl", f"mean {level}", level * exposure / 500, 1.2, exposure))
    for number, (kind, name, mean, phi, exposure) in enumerate(jobs):
        rng = np.random.default_rng([seed, 3, number])
        count = drawn(mean, phi, rng)
        break_out(count[:, : WEEKS - JUDGED], mean, phi, "plain", 0.005, 30, rng)
        outbreaks = break_out(count, mean, phi, forms[number % 3], 0.02, WEEKS - JUDGED, rng)
        yield World(kind, name, count, exposure, outbreaks)


def judged(world: World) -> World:
    """The world with p of both rules for its last year."""
    frame = pd.DataFrame(
        {
            "series": "s",
            "region": np.repeat([f"r{k:02d}" for k in range(REGIONS)], WEEKS),
            "week": np.tile(iso_weeks(), REGIONS),
            "count": world.count.ravel(),
            "exposure": world.exposure.ravel(),
        }
    )
    result = detect(frame)
    world.ours = result["p"].to_numpy().reshape(REGIONS, WEEKS)[:, -JUDGED:]
    world.q = result["q"].to_numpy().reshape(REGIONS, WEEKS)[:, -JUDGED:]
    world.theirs = np.ones((REGIONS, JUDGED))
    for region in range(REGIONS):
        for k in range(JUDGED):
            population = world.exposure[region] if np.ptp(world.exposure) else None
            found = judge(world.count[region], WEEKS - JUDGED + k, FARRINGTON, population)
            if found is not None:
                world.theirs[region, k] = found.p
    return world


def quiet_of(world: World) -> npt.NDArray[np.bool_]:
    """Region-weeks of the judged year that no outbreak touches, nor the week after one."""
    quiet = np.ones((REGIONS, JUDGED), dtype=bool)
    for region, first, weeks in world.outbreaks:
        at = first - (WEEKS - JUDGED)
        quiet[region, at : at + weeks + 1] = False
    return quiet


def at_equal_rates(some: Sequence[World], which: str) -> list[str]:
    """Detected in any week / in the first one, at each of RATES."""
    alarms, hits = [], []
    for world in some:
        p = np.where(world.count[:, -JUDGED:] >= DEFAULT.watch_stories, getattr(world, which), 1.0)
        alarms.append(p[quiet_of(world)])
        for region, first, weeks in world.outbreaks:
            at = first - (WEEKS - JUDGED)
            hits.append((p[region, at : at + weeks].min(), p[region, at]))
    ordered = np.sort(np.concatenate(alarms))
    found = np.array(hits)
    cuts = [ordered[int(rate * len(ordered))] for rate in RATES]
    return [f"{np.mean(found[:, 0] < c):.3f} / {np.mean(found[:, 1] < c):.3f}" for c in cuts]


def in_use(some: Sequence[World], signals: Sequence[npt.NDArray[np.bool_]]) -> list[str]:
    """False-positive rate, weeks with a false alarm, detection, first-week detection, its error, and realised FDR.

    Realised FDR: of each week the share of signals that are false, none where there is no signal; mean over weeks.
    """
    rate, weeks, fdr, hit, first_hit, number = 0.0, 0.0, 0.0, 0, 0, 0
    for world, signal in zip(some, signals, strict=True):
        quiet = quiet_of(world)
        rate += float((signal & quiet).sum() / quiet.sum()) / len(some)
        weeks += float((signal & quiet).any(axis=0).mean()) / len(some)
        fdr += float(((signal & quiet).sum(axis=0) / np.maximum(signal.sum(axis=0), 1)).mean()) / len(some)
        for region, first, length in world.outbreaks:
            at = first - (WEEKS - JUDGED)
            hit += bool(signal[region, at : at + length].any())
            first_hit += bool(signal[region, at])
            number += 1
    error = 0.5 / np.sqrt(number)
    return [
        f"{rate:.4f}",
        f"{weeks:.3f}",
        f"{hit / number:.3f}",
        f"{first_hit / number:.3f}",
        f"{error:.3f}",
        f"{fdr:.3f}",
    ]


def by_bh(p: Array) -> Array:
    return np.column_stack([benjamini_hochberg(p[:, k]) for k in range(p.shape[1])])


def told(some: Sequence[World], title: str) -> None:
    print(f"\n{title}: {len(some)} worlds, {sum(len(w.outbreaks) for w in some)} outbreaks")
    print(f"{'':24} detected in any week / in the first, at false-positive rates " + ", ".join(map(str, RATES)))
    for which, name in (("ours", "this rule"), ("theirs", "Farrington flexible")):
        print(f"{name:24} " + "   ".join(at_equal_rates(some, which)))
    print(f"{'':24} FPR, false-alarm weeks, detected, in the first week, standard error, realised FDR")
    enough = [world.count[:, -JUDGED:] >= DEFAULT.watch_stories for world in some]
    rules = {
        "this rule, q < .10": [(w.q < DEFAULT.watch_q) & e for w, e in zip(some, enough, strict=True)],
        "Farrington, p < .05": [(w.theirs < 0.05) & e for w, e in zip(some, enough, strict=True)],
        "Farrington, p < .01": [(w.theirs < 0.01) & e for w, e in zip(some, enough, strict=True)],
        "Farrington, BH q < .10": [(by_bh(w.theirs) < 0.10) & e for w, e in zip(some, enough, strict=True)],
    }
    for name, signals in rules.items():
        print(f"{name:24} " + "   ".join(in_use(some, signals)))


R_PROGRAM = """
suppressMessages(library(surveillance))
y <- as.matrix(read.csv("count.csv", header = FALSE)); n <- nrow(y)
fit <- farringtonFlexible(sts(observed = y, start = c(2021, 1), frequency = 52), control = list(
  range = (n - {judged} + 1):n, b = {years}, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, weightsThreshold = 2.58,
  pThresholdTrend = 1, thresholdMethod = "nbPlugin", alpha = 0.05, glmWarnings = FALSE))
options(digits = 15)
write.table(fit@control$pvalue, "p.csv", sep = ",", row.names = FALSE, col.names = FALSE)
"""


def against_r(some: Sequence[World]) -> None:
    """R's farringtonFlexible on the same counts: largest difference of p, and the time it takes."""
    if shutil.which("Rscript") is None:
        raise SystemExit("Rscript is not installed: apt-get install r-base-core r-cran-surveillance")
    for world in some:
        with tempfile.TemporaryDirectory() as folder:
            with (Path(folder) / "count.csv").open("w", newline="") as lines:
                csv.writer(lines).writerows(world.count.T.astype(int))
            (Path(folder) / "run.R").write_text(R_PROGRAM.format(judged=JUDGED, years=FARRINGTON.years))
            begun = time.perf_counter()
            subprocess.run(["Rscript", "run.R"], cwd=folder, check=True, capture_output=True)
            p = pd.read_csv(Path(folder) / "p.csv", header=None).to_numpy().T
            print(f"R on {world.name}: largest difference of p {np.nanmax(np.abs(p - world.theirs)):.1e}, "
                  f"{time.perf_counter() - begun:.0f} s")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--every", type=int, default=1, help="take every n-th world")
    parser.add_argument("--r", action="store_true", help="also run R's surveillance on four of the worlds")
    given = parser.parse_args()
    some = [judged(world) for world in track(list(worlds(given.seed))[:: given.every], description="judging")]
    told(some, "all")
    for kind in dict.fromkeys(world.kind for world in some):
        told([world for world in some if world.kind == kind], kind)
    if given.r:
        against_r([world for world in some if world.kind == "Noufaily"][::12])


if __name__ == "__main__":
    main()
