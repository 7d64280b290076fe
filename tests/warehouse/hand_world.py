"""A world written by hand: 12 weeks, four sources, numbers one can add up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from crawlers.article import Article
from crawlers.layout import Window, World
from crawlers.outcomes import Outcome
from crawlers.source import Source
from nlp.reading import GroupReading, Place, Reading

FIRST_MONDAY = date(2026, 3, 2)  # 2026-W10
MODEL_INFO = {"model": "by-hand", "model_hash": "0" * 16, "lexicon_hash": "1" * 16, "version": "0"}


def source(source_id: str, *, home: str | None = None, owner: str | None = None, kind: str = "web") -> Source:
    return Source(
        source_id=source_id, name=f"Outlet {source_id}", kind=kind, home=f"https://{source_id}.example",  # type: ignore[arg-type]
        languages=("ru",), owner_group=owner or source_id, stratum="private", home_region=home,
        feeds=(f"https://{source_id}.example/rss",),
    )  # fmt: skip


@dataclass
class Item:
    """One article and its reading; `week` 0 is 2026-W10, `day` 0 its Monday."""

    id: str
    source: str
    week: int
    day: int = 0
    genre: str = "news"
    story: str | None = None
    parent: str | None = None
    rel: str = "none"
    voice: str = "report"
    time: str = "current"
    acts: tuple[str, ...] = ()
    frame: str = "none"
    groups: tuple[tuple[str, int, int], ...] = ()
    places: tuple[tuple[str | None, str], ...] = ()  # (region, role)
    fate: str = "read"
    text: str = ""

    @property
    def published(self) -> date:
        return FIRST_MONDAY + timedelta(days=7 * self.week + self.day)

    def article(self, sources: dict[str, Source]) -> Article:
        news = self.genre == "news"
        return Article(
            article_id=self.id, source_id=self.source, url=f"https://{self.source}.example/{self.id}",
            genre=self.genre, text=self.text or f"Text of {self.id}.", title=f"Title of {self.id}" if news else None,  # type: ignore[arg-type]
            published_at=f"{self.published}T12:00:00+05:00", date_basis="feed", parent_id=self.parent,
            home_region=sources[self.source].home_region,
        )  # fmt: skip

    def reading(self) -> Reading:
        return Reading(
            id=self.id, language="ru", rel=self.rel, voice=self.voice, time=self.time, acts=self.acts, frame=self.frame,
            themes=(), groups=tuple(GroupReading(g, st, sev) for g, st, sev in self.groups),
            places=tuple(
                Place(region, f"place {n}", role, 1, (10 * n, 10 * n + 5)) for n, (region, role) in enumerate(self.places)
            ),
            p={"rel": {self.rel: 0.9}}, model="by-hand",
        )  # fmt: skip


def write_lines(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


@dataclass
class HandWorld:
    """Sources and items, and the stage files they make."""

    sources: list[Source]
    items: list[Item] = field(default_factory=list)
    weeks: int = 12

    @property
    def window(self) -> Window:
        return Window(FIRST_MONDAY, FIRST_MONDAY + timedelta(days=7 * self.weeks - 1))

    def write(self, world: World, window: Window | None = None, items: Iterable[Item] | None = None) -> World:
        """Stage files of one window (default: all of it), and the stories file over all items."""
        window = window or self.window
        chosen = [i for i in (self.items if items is None else items) if window.first <= i.published <= window.last]
        known = {one.source_id: one for one in self.sources}
        for name in known:
            mine = [item for item in chosen if item.source == name]
            write_lines(world.articles(name, window), (item.article(known).to_json() for item in mine))
            write_lines(
                world.readings(name, window),
                (json.dumps(item.reading().to_record(), ensure_ascii=False) for item in mine if item.fate != "failed"),
            )
            write_lines(
                world.outcomes("fetch", name, window),
                (Outcome("fetch", name, f"h{i.id}", "fetched").to_json() for i in mine),
            )
            write_lines(
                world.outcomes("extract", name, window), (Outcome("extract", name, i.id, "ok").to_json() for i in mine)
            )
            write_lines(
                world.outcomes("read", name, window), (Outcome("read", name, i.id, i.fate).to_json() for i in mine)
            )
        self.write_stories(world)
        return world

    def write_stories(self, world: World) -> None:
        rows: list[dict[str, Any]] = [
            {
                "article_id": i.id,
                "story_id": i.story or i.id,
                "copy_of": i.story if i.story not in (None, i.id) else None,
            }
            for i in self.items
        ]
        write_lines(world.stories, (json.dumps(row) for row in rows))


def quiet_world() -> HandWorld:
    """Four outlets of four owners, two routine stories each a week: KZ-31 by two, KZ-55 by one, one national.

    `taraz` and `zhambyl` write for KZ-31, `pavlodar` for KZ-55, `ortalyq` is national and writes once a week from
    KZ-31 (dateline) and once of nowhere. So KZ-31 has exposure 5 a week, KZ-55 2, one story a week is unplaced.
    """
    sources = [
        source("taraz", home="KZ-31"),
        source("zhambyl", home="KZ-31"),
        source("pavlodar", home="KZ-55"),
        source("ortalyq"),
    ]
    items = []
    for week in range(12):
        for n in range(2):
            items += [Item(f"{s}-{week:02d}-{n}", s, week, n) for s in ("taraz", "zhambyl", "pavlodar")]
        items.append(Item(f"ortalyq-{week:02d}-0", "ortalyq", week, 2, places=(("KZ-31", "dateline"),)))
        items.append(Item(f"ortalyq-{week:02d}-1", "ortalyq", week, 3))
    return HandWorld(sources, items)


def clash_world() -> HandWorld:
    """The quiet world with a clash in KZ-31 in the last week: six stories of four owners, two of them denying."""
    made = quiet_world()
    for n, (outlet, frame) in enumerate(
        [("taraz", "framed"), ("taraz", "denied"), ("zhambyl", "framed"), ("ortalyq", "framed"), ("pavlodar", "framed"),
         ("zhambyl", "denied")]
    ):  # fmt: skip
        made.items.append(
            Item(f"clash-{n}", outlet, 11, 4, rel="domestic", acts=("clash",), frame=frame,
                 groups=(("dungan", 0, 0),), places=(("KZ-31", "event"),))
        )  # fmt: skip
    return made


def telling_world() -> HandWorld:
    """The clash world with something for every question of an analyst.

    `daily` brings nine a week for KZ-39 until week 10, then nothing. In KZ-31 three outlets carry one story of a
    mediation (week 10 of the data, 2026-W19), one denies a rumour (2026-W18), and six posts of three owners are hostile
    to migrants (2026-W21).
    """
    made = clash_world()
    made.sources.append(source("daily", home="KZ-39"))
    for week in range(10):
        made.items += [Item(f"daily-{week:02d}-{n}", "daily", week, n % 7) for n in range(9)]
    event, outlets = (("KZ-31", "event"),), ("taraz", "zhambyl", "ortalyq")
    for n, outlet in enumerate(outlets):
        made.items.append(
            Item(f"fair-{n}", outlet, 9, n, story="fair-0", rel="domestic", acts=("mediation",), places=event)
        )
    made.items.append(
        Item("rumour", "ortalyq", 8, 3, rel="domestic", acts=("rumour",), time="unreal", places=event)
    )  # fmt: skip
    for n, outlet in enumerate(outlets * 2):
        made.items.append(
            Item(f"post-{n}", outlet, 11, 5, genre="post", rel="domestic", voice="opinion",
                 groups=(("migrants", -1, 2),), places=event)
        )  # fmt: skip
    return made
