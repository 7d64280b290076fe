"""False alarms and hits of the signal rule on simulated series (METHOD.md, "Tests for sparse counts").

    python bench/signals.py [--runs 20] [--seed 1]

20 regions x 100 weeks; the first 20 weeks warm up. Counts are negative binomial around region mean x season x
exposure; regions differ (gamma, cv .5). An outbreak adds 1.5 + u * sd stories (u uniform 1.5-3.5, sd of the region's
count) in each of one to four weeks. False-alarm weeks: share of weeks with at least one signal in a region without
outbreak. Hit: a signal in any week of the outbreak.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from warehouse.signals import DEFAULT, Rule, detect

REGIONS, WEEKS, WARM = 20, 100, 20
BASE = 500.0  # stories placed a week: what an outbreak adds to them is small, as in METHOD's simulation
METHOD = {0.5: (0.09, 0.68), 2.0: (0.10, 0.63), 10.0: (0.12, 0.65)}


@dataclass(frozen=True)
class Scene:
    """What the simulated world does beside plain Poisson."""

    name: str
    phi: float = 0.0  # var = mean + phi mean^2
    season: float = 0.0  # amplitude of the yearly wave
    exposure_cv: float = 0.0
    growth: float = 0.0  # log-rate a year
    spread: float = 0.5  # cv of the regions' means
    doubling: bool = False  # exposure doubles in half of the regions at week 60, truth unchanged
    outbreaks_per_week: float = 0.2


SCENES = (
    Scene("Poisson", spread=0.0),
    Scene("regions differ", exposure_cv=0.3),
    Scene("over-dispersed", phi=0.1, exposure_cv=0.3),
    Scene("season", phi=0.05, season=0.4, exposure_cv=0.3),
    Scene("growth", phi=0.05, growth=0.5, exposure_cv=0.3),
    Scene("doubling", exposure_cv=0.2, doubling=True, outbreaks_per_week=0.0),
)


def simulate(scene: Scene, mean: float, rng: np.random.Generator) -> tuple[pd.DataFrame, list[tuple[int, int, int]]]:
    """One world as the frame of `detect`, and its outbreaks (region, first week, weeks)."""
    ratio = rng.gamma(1 / scene.spread**2, scene.spread**2, REGIONS) if scene.spread else np.ones(REGIONS)
    week = np.arange(WEEKS)
    wave = np.exp(scene.season * np.sin(2 * np.pi * (week / 52 + rng.random())) + scene.growth * week / 52)
    shape = 1 / scene.exposure_cv**2 if scene.exposure_cv else None
    exposure = BASE * (rng.gamma(shape, 1 / shape, (REGIONS, WEEKS)) if shape else np.ones((REGIONS, WEEKS)))
    if scene.doubling:
        exposure[::2, 60:] *= 2
    mu = mean * ratio[:, None] * wave[None, :] * exposure / BASE
    rate = mu * rng.gamma(1 / scene.phi, scene.phi, mu.shape) if scene.phi else mu
    count = rng.poisson(rate)
    outbreaks: list[tuple[int, int, int]] = []
    busy = np.zeros(REGIONS)
    for start in range(WARM, WEEKS - 4):
        if rng.random() < scene.outbreaks_per_week:
            region = int(rng.integers(REGIONS))
            if busy[region] > start:
                continue
            length = int(rng.integers(1, 5))
            sd = np.sqrt(mu[region, start] + scene.phi * mu[region, start] ** 2)
            extra = 1.5 + rng.uniform(1.5, 3.5) * sd
            count[region, start : start + length] += rng.poisson(extra, length)
            exposure[region, start : start + length] += extra
            outbreaks.append((region, start, length))
            busy[region] = start + length + 4
    weeks = [
        f"{d.isocalendar().year}-W{d.isocalendar().week:02d}"
        for d in pd.date_range("2024-01-01", periods=WEEKS, freq="7D")
    ]
    frame = pd.DataFrame(
        {
            "series": "s",
            "region": np.repeat([f"r{i:02d}" for i in range(REGIONS)], WEEKS),
            "week": np.tile(weeks, REGIONS),
            "count": count.ravel(),
            "exposure": exposure.ravel(),
        }
    )
    return frame, outbreaks


def score(levels: np.ndarray, outbreaks: list[tuple[int, int, int]], first: int) -> tuple[int, int, int, int]:
    """(weeks with a false alarm, weeks, hits, outbreaks) for one world; `levels` bool regions x weeks."""
    quiet = np.ones_like(levels)
    for region, start, length in outbreaks:
        quiet[region, start : start + length + 1] = False
    false = (levels & quiet)[:, first:].any(axis=0)
    hits = sum(bool(levels[r, s : s + n].any()) for r, s, n in outbreaks)
    return int(false.sum()), int(false.size), hits, len(outbreaks)


def table(runs: int, seed: int, rule: Rule = DEFAULT) -> pd.DataFrame:
    """One line a scene and mean: false-alarm weeks and hit rate for watch and alert, with Monte-Carlo errors."""
    lines = []
    for scene in SCENES:
        for mean, published in METHOD.items():
            totals = {"watch": np.zeros(4), "alert": np.zeros(4)}
            shares, cells = [], []
            for run in range(runs):
                frame, outbreaks = simulate(scene, mean, np.random.default_rng([seed, run, int(mean * 10)]))
                judged = detect(frame, rule)
                level = judged["level"].to_numpy().reshape(REGIONS, WEEKS)
                first = 60 if scene.doubling else WARM
                totals["watch"] += score(level != "", outbreaks, first)
                totals["alert"] += score(level == "alert", outbreaks, first)
                shares.append(score(level != "", outbreaks, first)[0] / (WEEKS - first))
                p = judged["p"].to_numpy().reshape(REGIONS, WEEKS)[::2, 60:]
                cells.append(float(np.mean(p < 0.01)))
            row: dict[str, object] = {"scene": scene.name, "mean": mean}
            for name, (false, weeks, hits, events) in totals.items():
                row[f"{name} false"] = round(false / weeks, 3)
                row[f"{name} hit"] = round(hits / events, 3) if events else None
            events = totals["watch"][3]
            row["se false"] = round(float(np.std(shares) / np.sqrt(runs)), 3)
            row["se hit"] = round(0.5 / np.sqrt(events), 3) if events else None
            row["METHOD"] = " / ".join(map(str, published))
            row["p<.01"] = round(float(np.mean(cells)), 4) if scene.doubling else None
            lines.append(row)
    return pd.DataFrame(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    begun = time.perf_counter()
    print(table(given.runs, given.seed).to_string(index=False))
    print(f"{time.perf_counter() - begun:.0f} s for {given.runs} worlds a line")


if __name__ == "__main__":
    main()
