"""The record of one weekly issue: what mail, site and tests read. `issue.json` is exactly its fields."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

Language = Literal["kk", "ru", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ru", "kk", "en")


class ReportError(RuntimeError):
    """A report cannot be made; the message is one sentence: what, where, and the way out."""


@dataclass(frozen=True, slots=True)
class Names:
    """One thing's name in the three languages of the reports."""

    kk: str
    ru: str
    en: str

    def by(self, language: Language) -> str:
        return {"kk": self.kk, "ru": self.ru, "en": self.en}[language]


@dataclass(frozen=True, slots=True)
class Headline:
    """A news headline with its outlet. `url` is an http(s) address or None. Posts and comments never come here."""

    outlet: str
    title: str
    url: str | None
    day: date


@dataclass(frozen=True, slots=True)
class Institution:
    """A body that mediates. `region_code` None: national. `links`: the public pages this is known from."""

    region_code: str | None
    names: Names
    kind: str
    value: str | None
    as_of: str | None
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One alert. `stories` against `expected` (a count; 95 % interval); `rate_per_1000` of the stories placed in the
    region that week (`exposure`); `q` is the Benjamini–Hochberg value within one of the `families` (indicator × series)
    tested each week; `direction` tension or cohesion.

    `disputed`: told as interethnic by some, denied by others. `denied`: a rumour that is contradicted.
    `target_group`: whom hostile words were about, only where at least 5 stories and 3 owner groups name it.
    """

    alert_id: str
    indicator: str
    title: Names
    direction: str
    series: str
    region_code: str
    region: Names
    level: str
    status: str
    stories: int
    outlets: int
    owner_groups: int
    exposure: int
    rate_per_1000: float | None
    rate_lo: float | None
    rate_hi: float | None
    expected: float | None
    expected_lo: float | None
    expected_hi: float | None
    q: float | None
    families: int
    framed_stories: int
    denied_stories: int
    disputed: bool
    denied: bool
    target_group: str | None
    target_group_stories: int | None
    coverage_flag: bool
    panel_sources: int | None
    audit: str | None
    headlines: tuple[Headline, ...]
    headlines_withheld: int
    institutions: tuple[Institution, ...]
    rule: str
    parameters: str
    model_hash: str
    lexicon_hash: str
    panel_hash: str
    snapshot_hash: str


@dataclass(frozen=True, slots=True)
class CohesionCell:
    """A region with enough cohesion stories to be published, though no more than usual."""

    indicator: str
    series: str
    region_code: str
    region: Names
    stories: int
    outlets: int
    owner_groups: int
    expected: float | None
    expected_lo: float | None
    expected_hi: float | None


@dataclass(frozen=True, slots=True)
class Watch:
    """A cell the analysts' desk looks at. Never in mail or site; its numbers are not here for that reason.

    `capped`: its indicator (attention) is only ever watched, however high it rises.
    """

    indicator: str
    series: str
    region_code: str
    capped: bool


@dataclass(frozen=True, slots=True)
class RegionWeek:
    """Whether a region can be judged. `status` ok, held, insufficient or no_baseline (nothing to compare with yet)."""

    region_code: str
    region: Names
    status: str
    stories_news: int
    stories_social: int
    sources: int
    unhealthy_sources: tuple[str, ...]
    held_signals: int


@dataclass(frozen=True, slots=True)
class CalendarMark:
    """A day on which groups are spoken of more than usual; days in a row of one feast are one mark."""

    first_day: date
    last_day: date
    names: Names
    kind: str
    expected_effect: str | None


@dataclass(frozen=True, slots=True)
class SourceWeek:
    """A source that was thin, silent or new this week."""

    source_id: str
    name: str
    home_region: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A signal that ended: three weeks inside the expected range."""

    indicator: str
    title: Names
    direction: str
    series: str
    region_code: str
    region: Names
    last_alert_week: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the week was seen with. Stories by series; `unplaced_*`: stories without a region, a value and not a gap."""

    sources: int
    healthy_sources: int
    unhealthy: tuple[SourceWeek, ...]
    stories_news: int
    stories_social: int
    articles: int
    unplaced_news: int
    unplaced_social: int


@dataclass(frozen=True, slots=True)
class Issue:
    """One week told. `tension` and `cohesion` hold published signals, `held` those that wait for a person."""

    week: str
    first_day: date
    last_day: date
    complete: bool
    world: str
    fictional: bool
    version: str
    model: str
    tension: tuple[Signal, ...]
    cohesion: tuple[Signal, ...]
    cohesion_cells: tuple[CohesionCell, ...]
    held: tuple[Signal, ...]
    watches: tuple[Watch, ...]
    ended: tuple[Ended, ...]
    regions: tuple[RegionWeek, ...]
    calendar: tuple[CalendarMark, ...]
    calendar_ahead: tuple[CalendarMark, ...]
    coverage: Coverage
    institutions: tuple[Institution, ...]

    @property
    def quiet(self) -> bool:
        """Nothing to signal: neither tension nor cohesion rose above its own past."""
        return not self.tension and not self.cohesion

    @property
    def judged_whole(self) -> bool:
        """Every region could be compared with its own past: only then may silence read as calm."""
        return bool(self.regions) and len(self.regions_of("ok")) == len(self.regions)

    @property
    def signals(self) -> tuple[Signal, ...]:
        return self.tension + self.cohesion

    def regions_of(self, status: str) -> tuple[RegionWeek, ...]:
        return tuple(region for region in self.regions if region.status == status)

    def to_record(self) -> dict[str, Any]:
        return asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.to_record(), ensure_ascii=False, indent=1, default=date.isoformat) + "\n"
