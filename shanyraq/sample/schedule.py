"""Which routine item appears on which day: templates spread over weeks so that no two uses are copies of each other.

Pure: randomness comes in as `random.Random`, days as arguments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final, Protocol

# The story clusterer joins near-copies within 14 days, and two variants of one template are near-copies.
STORY_WINDOW: Final = timedelta(days=14)
REUSE_DAYS: Final = STORY_WINDOW.days + 1


class Dated(Protocol):
    """What the schedule needs to know of a template: its id and the months it fits (empty: all)."""

    @property
    def template_id(self) -> str: ...
    @property
    def months(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Use:
    """One appearance of a template; `nth` counts its uses from 0."""

    template_id: str
    day: date
    nth: int


def poisson(rng: Random, mean: float) -> int:
    """A Poisson variate by multiplying uniforms (Knuth, TAOCP 2, 3.4.1): means here are below 10."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def plan(
    rng: Random,
    templates: Sequence[Dated],
    mondays: Sequence[date],
    mean: float,
    at_least: int,
    silent: frozenset[date],
) -> list[Use]:
    """Uses of one region's templates of one series, week by week, in order of day.

    A week's number is Poisson(`mean`), not below `at_least`, and not above what the text supply sustains: a template
    rests `REUSE_DAYS` days, so n fitting templates carry n·7/15 uses a week, and what a quiet week leaves over is
    saved for later ones. One use is always allowed, so a week is empty only if every fitting template rests.
    The longest unused come first, so added text lowers every template's frequency. `silent` days get nothing.
    """
    last: dict[str, date] = {}
    uses: dict[str, int] = {}
    planned: list[Use] = []
    saved = 0.0
    for monday in mondays:
        week = [day for offset in range(7) if (day := monday + timedelta(days=offset)) not in silent]
        fitting = [t for t in templates if any(_fits(t, day) for day in week)]
        open_days = {
            t.template_id: days
            for t in fitting
            if (days := [day for day in week if _fits(t, day) and _rested(last.get(t.template_id), day)])
        }
        sustained = len(fitting) * 7 / REUSE_DAYS
        saved = min(saved + sustained, 2 * sustained)
        wanted = min(max(poisson(rng, mean), at_least), max(int(saved), 1))
        ranked = sorted(open_days, key=lambda name: (last.get(name, date.min), rng.random()))
        chosen = ranked[:wanted]
        while len(chosen) > 1 and not _next_week_has_text(templates, last, monday, chosen):
            chosen.pop()
        # Where text is scarce a repeated item comes on its first free day: each day of delay is lost to later weeks.
        scarce = sustained < mean + 1
        for name in chosen:
            day = open_days[name][0] if scarce and name in last else rng.choice(open_days[name])
            planned.append(Use(name, day, uses.get(name, 0)))
            last[name] = day
            uses[name] = uses.get(name, 0) + 1
        saved -= len(chosen)
    return sorted(planned, key=lambda use: (use.day, use.template_id))


def _next_week_has_text(
    templates: Sequence[Dated], last: Mapping[str, date], monday: date, chosen: Sequence[str]
) -> bool:
    """Whether a template that is not chosen this week can be used in the next one."""
    week = [monday + timedelta(days=offset) for offset in range(7, 14)]
    return any(
        _fits(t, day) and _rested(last.get(t.template_id), day)
        for t in templates
        if t.template_id not in chosen
        for day in week
    )


def _fits(template: Dated, day: date) -> bool:
    return not template.months or day.month in template.months


def _rested(last: date | None, day: date) -> bool:
    return last is None or (day - last).days >= REUSE_DAYS
