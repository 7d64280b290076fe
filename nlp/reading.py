"""The records of the reading stage: what goes in (`Text`) and what is said about it (`Reading`).

Codes are those of the codebook and of `labels.toml`. Offsets are `[start, end)` in Unicode code points of the text
as given. Shapes are a promise to users of the filter commands (docs/filters.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """One text to read. `published_at` ISO date or date-time; `context` a headline; `home_region` an ISO code."""

    id: str
    text: str
    title: str | None = None
    published_at: str | None = None
    genre: str = "post"
    site: str = "Kazakhstan"
    context: str | None = None
    home_region: str | None = None


@dataclass(frozen=True, slots=True)
class GroupMention:
    """One occurrence of a name that means people: `group` is a group id; `pejorative` marks a slur."""

    group: str
    span: Span
    surface: str
    pejorative: bool = False


@dataclass(frozen=True, slots=True)
class Homonym:
    """An ethnonym-shaped word that names no people here (a dish, a place, a language, an institution)."""

    group: str
    span: Span
    surface: str
    kind: str


@dataclass(frozen=True, slots=True)
class GroupReading:
    g: str
    st: int
    sev: int
    spans: tuple[Span, ...] = ()
    p: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """`region` is an ISO 3166-2 code valid at the text's date or None; `role` event, dateline, mention, abroad;
    `precision` 1 settlement, 2 district, 3 region, None otherwise."""

    region: str | None
    name: str
    role: str
    precision: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything said about one text; `p` holds calibrated probabilities by head, empty where the gate stopped it."""

    id: str
    language: str
    rel: str
    voice: str
    time: str
    acts: tuple[str, ...]
    frame: str
    themes: tuple[str, ...]
    groups: tuple[GroupReading, ...]
    places: tuple[Place, ...]
    p: dict[str, dict[str, float]]
    model: str

    def to_record(self) -> dict[str, Any]:
        """The promised JSON shape of `shanyraq read`."""
        return {
            "id": self.id,
            "language": self.language,
            "rel": self.rel,
            "voice": self.voice,
            "time": self.time,
            "acts": list(self.acts),
            "frame": self.frame,
            "themes": list(self.themes),
            "groups": [
                {"g": group.g, "st": group.st, "sev": group.sev, "spans": [list(s) for s in group.spans], "p": group.p}
                for group in self.groups
            ],
            "places": [place_record(place) for place in self.places],
            "p": self.p,
            "model": self.model,
        }


def place_record(place: Place) -> dict[str, Any]:
    """The promised JSON shape of one place."""
    return {
        "region": place.region,
        "name": place.name,
        "role": place.role,
        "precision": place.precision,
        "span": list(place.span),
    }
