"""The sample world: who published what and when, from 2025-11-03 to 2026-05-31. Pure and the same every time."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, Literal

from crawlers.article import Genre
from shanyraq.sample.schedule import STORY_WINDOW, plan

FOLDER: Final = Path(__file__).parent
FIRST_DAY: Final = date(2025, 11, 3)  # Monday of 2025-W45
LAST_DAY: Final = date(2026, 5, 31)  # Sunday of 2026-W22
MONDAYS: Final = tuple(FIRST_DAY + timedelta(weeks=n) for n in range(30))
ALMATY: Final = timezone(timedelta(hours=5))  # the whole country since 2024-03-01
_SEED: Final = 20251103

# Routine items a region and week. News first: four stories are the least that carries a rate; social items fill up to
# the aim, so that with the planted items, pages and copies all of the sample stays between 2,500 and 4,000.
_ROUTINE_AIM: Final = 3_400
_NEWS_MEAN: Final = 2.8
_NEWS_FLOOR: Final = 4
_SOCIAL_MEANS: Final = (1.4, 2.6)  # least and most
_SOCIAL_FLOOR: Final = 1
_USUAL_ITEMS: Final = 8.5  # outlets.json: an ordinary regional outlet's weekly figure; others scale the means

_NATIONAL_SHARE: Final = 1 / 40  # of a national outlet's figure stands for each region: twice a regional outlet in all
_SYNDICATED_SHARE: Final = 0.04  # of regional news is taken over by a national outlet within a day
_TO_NATIONAL_CHANNEL: Final = 0.12  # of posts from regions without a channel of their own; the rest go to boards
_TO_NATIONAL_CHANNEL_BESIDE_OWN: Final = 0.03
_CONTACT_EVERY: Final = 23  # every n-th routine post carries a (dead) phone, handle or mail, for the privacy step

# Truth statement E6: Pavlodar's only outlet and channel fall silent, and nobody else writes about the region.
_SILENT_REGION: Final = "KZ-55"
_SILENT_DAYS: Final = frozenset(date(2026, 5, 18) + timedelta(days=n) for n in range(14))

Words = Mapping[str, Mapping[str, Any]]  # language → what → how it is said there
Layout = Literal["jsonld", "opengraph", "microdata", "table", "channel"]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A fictional outlet or channel. `region` is an ISO 3166-2 code, None for a national one."""

    outlet_id: str
    name: str
    kind: Literal["web", "telegram"]
    languages: tuple[str, ...]
    region: str | None
    owner_group: str
    stratum: Literal["state", "private", "social"]
    items_a_week: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class Item:
    """One published text. `number` counts within its outlet and genre family, `parent` is the page of a comment,
    `contact` a line with a dead phone, handle or mail that is served behind the text and must be masked."""

    item_id: str
    outlet_id: str
    published_at: datetime
    genre: Genre
    lang: str
    title: str | None
    text: str
    region: str | None
    rel: str
    acts: tuple[str, ...] = ()
    episode: str | None = None
    copy_of: str | None = None
    parent: str | None = None
    template: str | None = None
    contact: str | None = None
    number: int = 0

    @property
    def day(self) -> date:
        return self.published_at.date()

    @property
    def week(self) -> str:
        year, week, _ = self.published_at.isocalendar()
        return f"{year}-W{week:02d}"

    @property
    def series(self) -> Literal["news", "social"]:
        return "news" if self.genre == "news" else "social"

    @property
    def served_text(self) -> str:
        return f"{self.text} {self.contact}" if self.contact else self.text


@dataclass(frozen=True, slots=True)
class SampleWorld:
    """Everything published, in order of time."""

    outlets: tuple[Outlet, ...]
    items: tuple[Item, ...]

    def by_outlet(self) -> dict[str, tuple[Item, ...]]:
        """News or posts of each outlet, oldest first; comments stand under their pages."""
        found: dict[str, list[Item]] = {outlet.outlet_id: [] for outlet in self.outlets}
        for item in self.items:
            if item.genre != "comment":
                found[item.outlet_id].append(item)
        return {name: tuple(items) for name, items in found.items()}

    def comments(self) -> dict[str, tuple[Item, ...]]:
        """Comments by the item id of their page, oldest first."""
        found: defaultdict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            if item.genre == "comment":
                if item.parent is None:
                    raise ValueError(f"comment {item.item_id} stands under no page")
                found[item.parent].append(item)
        return {page: tuple(items) for page, items in found.items()}


@dataclass(frozen=True, slots=True)
class Template:
    """A routine text with spans to vary: each (span, alternatives) occurs in the text as it stands."""

    template_id: str
    genre: Genre
    lang: str
    title: str | None
    text: str
    region: str | None
    rel: str
    acts: tuple[str, ...]
    months: tuple[int, ...]
    vary: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def build_world() -> SampleWorld:
    """The one sample world; built once a process (about a fifth of a second)."""
    return assemble(read_outlets(), read_templates(), read_planted(), read_boards(), read_words(), Random(_SEED))  # noqa: S311


def assemble(
    outlets: Sequence[Outlet],
    templates: Sequence[Template],
    planted: Sequence[Item],
    boards: Sequence[Item],
    words: Words,
    rng: Random,
) -> SampleWorld:
    """Plan the routine items, let some be copied, put comments under pages, number everything."""
    desk = _Desk(outlets, boards, words)
    regions: list[str | None] = [*sorted({o.region for o in outlets if o.region}), None]
    news = [
        item
        for region in regions
        for item in _routine(rng, desk, region, _supply(templates, region, "news"), _NEWS_MEAN, _NEWS_FLOOR)
    ]
    least, most = _SOCIAL_MEANS
    mean = min(max((_ROUTINE_AIM - len(news)) / (len(regions) * len(MONDAYS)), least), most)
    social = [
        item
        for region in regions
        for item in _routine(rng, desk, region, _supply(templates, region, "social"), mean, _SOCIAL_FLOOR)
    ]
    routine = _with_contacts(sorted([*news, *social], key=_order))
    copies = _syndicated(rng, desk, routine)
    return SampleWorld(tuple(outlets), _numbered(_under_pages([*planted, *boards, *routine, *copies])))


class _Desk:
    """Who can publish a text of a region and language, and with what weight."""

    def __init__(self, outlets: Sequence[Outlet], boards: Sequence[Item], words: Words) -> None:
        self._words = words
        self.outlets = {outlet.outlet_id: outlet for outlet in outlets}
        self._boards = {(board.outlet_id, board.day.year, board.day.month): board for board in boards}
        self._board_of_region = {board.region: board.outlet_id for board in boards}

    def datelined(self, outlet_id: str, region: str | None, lang: str, text: str) -> str:
        """A national outlet says first where it writes from: its readers cannot guess the town as local ones do."""
        centre = self._words[lang]["centres"].get(region)
        if centre is None or self.outlets[outlet_id].region or centre.casefold()[:5] in text[:25].casefold():
            return text
        return f"{centre}. {text}"

    def credit(self, home: Outlet, lang: str) -> str:
        """The closing line of a story taken over from another outlet."""
        return str(self._words[lang]["credit"]).format(name=home.name)

    def weekly_scale(self, region: str | None) -> float:
        """How busy a region's own outlets are against ordinary ones; 1 where it has none."""
        own = [o.items_a_week for o in self.outlets.values() if o.region == region]
        return sum(own) / len(own) / _USUAL_ITEMS if region and own else 1.0

    def newsrooms(self, region: str | None, lang: str) -> dict[str, float]:
        """Web outlets that could carry the news, with weights."""
        return {
            o.outlet_id: o.items_a_week * (1.0 if o.region else _NATIONAL_SHARE)
            for o in self.outlets.values()
            if o.kind == "web" and lang in o.languages and o.region in (region, None)
        }

    def channel(self, region: str | None, lang: str) -> str | None:
        """The Telegram channel of a region that speaks the language."""
        found = [
            o.outlet_id
            for o in self.outlets.values()
            if o.kind == "telegram" and o.region == region and lang in o.languages
        ]
        return found[0] if found else None

    def board(self, region: str | None, day: date) -> Item | None:
        """The readers' page of that month, open from its first day on."""
        outlet = self._board_of_region.get(region)
        return self._boards.get((outlet, day.year, day.month)) if outlet else None


def _supply(templates: Sequence[Template], region: str | None, series: str) -> list[Template]:
    return [t for t in templates if t.region == region and (t.genre == "news") == (series == "news")]


def _routine(
    rng: Random, desk: _Desk, region: str | None, supply: Sequence[Template], mean: float, at_least: int
) -> Iterator[Item]:
    by_id = {template.template_id: template for template in supply}
    mean *= desk.weekly_scale(region)
    silent = _SILENT_DAYS if region == _SILENT_REGION else frozenset()
    for use in plan(rng, supply, MONDAYS, mean, at_least, silent):
        template = by_id[use.template_id]
        title, text = varied(rng, template)
        moment = datetime.combine(use.day, time(rng.randint(9, 21), rng.randrange(60)), ALMATY)
        outlet, genre, parent = _place(rng, desk, template, use.day)
        yield Item(
            item_id=f"{template.template_id}.{use.nth:02d}",
            outlet_id=outlet,
            published_at=moment,
            genre=genre,
            lang=template.lang,
            title=title if genre == "news" else None,
            text=desk.datelined(outlet, region, template.lang, text),
            region=region,
            rel=template.rel,
            acts=template.acts,
            parent=parent,
            template=template.template_id,
        )


def _place(rng: Random, desk: _Desk, template: Template, day: date) -> tuple[str, Genre, str | None]:
    """Outlet, genre and page of one use."""
    if template.genre == "news":
        rooms = desk.newsrooms(template.region, template.lang)
        return rng.choices(list(rooms), list(rooms.values()))[0], "news", None
    own = desk.channel(template.region, template.lang) if template.region else None
    national = desk.channel(None, template.lang)
    board = desk.board(template.region, day)
    if own and not (national and rng.random() < _TO_NATIONAL_CHANNEL_BESIDE_OWN):
        return own, "post", None
    if board and not own and not (national and rng.random() < _TO_NATIONAL_CHANNEL):
        return board.outlet_id, "comment", board.item_id
    if national:
        return national, "post", None
    raise ValueError(f"no channel and no board for {template.template_id} ({template.lang}, {template.region})")


def varied(rng: Random, template: Template) -> tuple[str | None, str]:
    """Title and text with each span replaced by itself or an alternative, chosen evenly."""
    title, text = template.title, template.text
    for span, alternatives in template.vary:
        chosen = rng.choice((span, *alternatives))
        text = text.replace(span, chosen, 1)
        title = title.replace(span, chosen, 1) if title else None
    return title, text


def _with_contacts(routine: Sequence[Item]) -> list[Item]:
    """Some notices carry a contact; 700-000-00-xx is not given out, example.com is reserved (RFC 2606)."""
    posts = [item.item_id for item in routine if item.genre != "news"]
    chosen = {item_id: n for n, item_id in enumerate(posts[::_CONTACT_EVERY])}
    forms = ("Тел.: +7 (700) 000-00-{n:02d}", "WhatsApp 8 700 000 00 {n:02d}", "@sample_reader_{n:02d}",
             "reader.{n:02d}@example.com", "t.me/sample_reader_{n:02d}")  # fmt: skip
    return [
        replace(item, contact=forms[n % len(forms)].format(n=n % 100))
        if (n := chosen.get(item.item_id)) is not None
        else item
        for item in routine
    ]


def _syndicated(rng: Random, desk: _Desk, routine: Sequence[Item]) -> Iterator[Item]:
    """National outlets take over a regional story word for word, hours later, and name its source.

    Not where the same template comes again so soon that its next use would count as a copy of the copy.
    """
    moments: defaultdict[str | None, list[datetime]] = defaultdict(list)
    for item in routine:
        moments[item.template].append(item.published_at)
    for item in routine:
        home = desk.outlets[item.outlet_id]
        if item.genre != "news" or home.region is None or rng.random() >= _SYNDICATED_SHARE:
            continue
        takers = [
            o for o in desk.outlets.values()
            if o.kind == "web" and o.region is None and item.lang in o.languages and o.owner_group != home.owner_group
        ]  # fmt: skip
        later = item.published_at + timedelta(hours=rng.randint(2, 20))
        again = any(item.published_at < other <= later + STORY_WINDOW for other in moments[item.template])
        if takers and not again and later.date() <= LAST_DAY and later.date() not in _SILENT_DAYS:
            taker = rng.choice(takers)
            told = desk.datelined(taker.outlet_id, item.region, item.lang, item.text)
            yield replace(
                item,
                item_id=f"{item.item_id}.copy",
                outlet_id=taker.outlet_id,
                published_at=later,
                text=f"{told} {desk.credit(home, item.lang)}",
                copy_of=item.item_id,
            )


def _under_pages(items: Sequence[Item]) -> list[Item]:
    """Comments without a named page go under their outlet's latest news of the same region."""
    news = sorted((item for item in items if item.genre == "news"), key=_order)
    placed = []
    for item in items:
        if item.genre == "comment" and item.parent is None:
            pages = [
                page.item_id
                for page in news
                if page.outlet_id == item.outlet_id
                and page.region == item.region
                and page.published_at < item.published_at
            ]
            if not pages:
                raise ValueError(f"{item.item_id}: {item.outlet_id} has no page of {item.region} before it")
            item = replace(item, parent=pages[-1])  # noqa: PLW2901
        placed.append(item)
    return placed


def _numbered(items: Sequence[Item]) -> tuple[Item, ...]:
    """In order of time, each with its number in its outlet (pages and posts) or under its page (comments)."""
    counts: defaultdict[str, int] = defaultdict(int)
    numbered = []
    for item in sorted(items, key=_order):
        key = item.parent or item.outlet_id
        counts[key] += 1
        numbered.append(replace(item, number=counts[key]))
    return tuple(numbered)


def _order(item: Item) -> tuple[datetime, str]:
    return item.published_at, item.item_id


def read_outlets(folder: Path = FOLDER) -> tuple[Outlet, ...]:
    """`outlets.json`."""
    return tuple(
        Outlet(
            outlet_id=record["id"],
            name=record["name"],
            kind=record["kind"],
            languages=tuple(record["languages"]),
            region=record["region"],
            owner_group=record["owner_group"],
            stratum=record["stratum"],
            items_a_week=record["items_a_week"],
            layout=record["layout"],
        )
        for record in json.loads((folder / "outlets.json").read_text("utf-8"))
    )


def read_planted(folder: Path = FOLDER) -> tuple[Item, ...]:
    """`episodes.jsonl` without the labels that only tests and truth use."""
    return tuple(
        Item(
            item_id=record["id"],
            outlet_id=record["outlet"],
            published_at=datetime.fromisoformat(record["published_at"]),
            genre=record["genre"],
            lang=record["lang"],
            title=record["title"],
            text=record["text"],
            region=record["region"],
            rel=record["rel"],
            acts=tuple(record["acts"]),
            episode=record["episode"],
            copy_of=record["copy_of"],
            parent=record["parent"],
        )
        for record in read_lines(folder / "episodes.jsonl")
    )


def read_templates(folder: Path = FOLDER) -> tuple[Template, ...]:
    """All `routine_*.jsonl` and `everyday_*.jsonl`; a span that does not occur in its text is an error of the file."""
    found: dict[str, Template] = {}
    for path in sorted([*folder.glob("routine_*.jsonl"), *folder.glob("everyday_*.jsonl")]):
        for record in read_lines(path):
            template = Template(
                template_id=record["id"],
                genre=record["genre"],
                lang=record["lang"],
                title=record["title"],
                text=record["text"],
                region=record["region"],
                rel=record["rel"],
                acts=tuple(record["acts"]),
                months=tuple(record["months"] or ()),
                vary=tuple((entry["span"], tuple(entry["alts"])) for entry in record["vary"]),
            )
            if missing := [span for span, _ in template.vary if span not in template.text]:
                raise ValueError(f"{path.name}, {template.template_id}: spans not in the text: {missing}")
            if (template.genre == "news") != (template.title is not None):
                raise ValueError(f"{path.name}, {template.template_id}: news have a title, posts and comments none")
            if template.template_id in found:
                raise ValueError(f"{path.name}: {template.template_id} exists already")
            found[template.template_id] = template
    return tuple(found.values())


def read_boards(folder: Path = FOLDER) -> tuple[Item, ...]:
    """`boards.jsonl` as one page an outlet and month, opened at 8:00 on the month's first day."""
    words = read_words(folder)
    months = sorted({(day.year, day.month) for day in (FIRST_DAY + timedelta(days=n) for n in range(210))})
    return tuple(
        Item(
            item_id=f"{record['id']}.{year}-{month:02d}",
            outlet_id=record["outlet"],
            published_at=datetime.combine(max(date(year, month, 1), FIRST_DAY), time(8), ALMATY),
            genre="news",
            lang=record["lang"],
            title=record["title"].format(month=words[record["lang"]]["months"][month - 1]),
            text=record["text"],
            region=record["region"],
            rel="none",
            template=record["id"],
        )
        for record in read_lines(folder / "boards.jsonl")
        for year, month in months
    )


def read_words(folder: Path = FOLDER) -> Words:
    """`words.json`: what sites say around their texts, by language."""
    words: Words = json.loads((folder / "words.json").read_text("utf-8"))
    return words


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Records of a JSON-lines file; an error names file and line."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{path.name}, line {number}: not JSON ({error})") from error
