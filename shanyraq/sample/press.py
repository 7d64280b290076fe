"""What the sample's sites answer: a pure function of an address, as sites of four makes and Telegram previews do.

Six outlets have RSS (20 newest) and a sitemap index with a file a month, five Atom and one packed sitemap, five RSS and
a news sitemap, five nothing but listing pages in windows-1251; ten are Telegram channels. Around every text stands what
real pages carry: menus, related headlines, cookie banners, bylines, nicknames and avatars of commenters.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from email.utils import format_datetime
from functools import partial
from itertools import groupby
from typing import Any, Final
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shanyraq.sample.addresses import channel_name, item_path, message_number
from shanyraq.sample.world import ALMATY, FIRST_DAY, FOLDER, Item, Outlet, SampleWorld, read_words

FICTIONAL: Final = "үлгі, ойдан шығарылған / образец, вымышлено / sample, fictional"
FEED_ENTRIES: Final = 20
LISTING_ENTRIES: Final = 30
MESSAGES: Final = 20  # t.me/s shows twenty messages a page

# Invented, and met nowhere in the texts: if one of these is found behind the privacy step, an author got through.
NICKNAMES: Final = (
    "Қоңыр Аққулаев", "Кедровая_Шишка_77", "Zhelbezek Turarov", "Шыңырауқұс", "бабушка Фиолетта", "Тобылғыгүл",
    "Мятный Кактус", "Saqsaul_Batyr", "дядя Аристарх", "Күлпәш апа", "Ветер_в_Каптагае", "Олжагер Сөзбекұлы",
    "Тихий Эльдорадо", "Qumyrsqa2026", "Пломбир Иваныч", "Нарқызыл", "Фёкла Незабудкина", "steppe_ferret",
)  # fmt: skip
BYLINES: Final = {
    "kk": ("Үлгібек Сынақбаев", "Мысалгүл Өнегеқызы"),
    "ru": ("Образцов Примерий", "Вымыслова Ефросинья"),
    "en": ("Sampleton Quill", "Fictia Notreal"),
}
_SENTENCE: Final = re.compile(r"(?<=[.!?…»])\s+(?=[«–—A-ZА-ЯЁӘҒҚҢӨҰҮҺІ\d])")

# What goes wrong on real sites, on the two national outlets whose sitemaps name these pages.
GONE: Final = "/tugyrtas/2026/01/15/oshirilgen-maqala-9001/"
MOVED: Final = "/tugyrtas/2026/01/16/eski-mekenzhai-9002/"
BROKEN: Final = "/stepnoy-polden/news/9003-oshibka-servera"
FORBIDDEN: Final = "/stepnoy-polden/print/9004-versiya-dlya-pechati"
_ODD_DAY: Final = datetime(2026, 1, 16, 9, tzinfo=ALMATY)
ROBOTS: Final = """User-agent: *
Disallow: /*/print/
Disallow: /users/
Disallow: /avatars/
Allow: /

Sitemap: {base}/sitemap.xml
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, kind and body of an answer; `changed` becomes Last-Modified, `location` the target of a redirect."""

    status: int
    kind: str
    body: bytes
    changed: datetime | None = None
    location: str | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


@dataclass(frozen=True, slots=True)
class _Link:
    path: str
    title: str
    date_words: str


@dataclass(frozen=True, slots=True)
class _Comment:
    item: Item
    nickname: str
    avatar: int
    date_words: str


@dataclass(slots=True)
class Press:
    """All sites of a world below one base address (`http://fictional-press.example`)."""

    world: SampleWorld
    base: str
    _outlets: dict[str, Outlet] = field(init=False)
    _items: dict[str, tuple[Item, ...]] = field(init=False)
    _comments: dict[str, tuple[Item, ...]] = field(init=False)
    _routes: dict[str, Callable[[], Answer]] = field(init=False)
    _channels: dict[str, Outlet] = field(init=False)
    _words: Mapping[str, Mapping[str, Any]] = field(init=False)
    _pages: Environment = field(init=False)

    def __post_init__(self) -> None:
        self._outlets = {outlet.outlet_id: outlet for outlet in self.world.outlets}
        self._items = self.world.by_outlet()
        self._comments = self.world.comments()
        self._channels = {channel_name(o): o for o in self.world.outlets if o.kind == "telegram"}
        self._pages = Environment(
            loader=FileSystemLoader(FOLDER / "pages"), autoescape=True, undefined=StrictUndefined, auto_reload=False
        )
        self._words = read_words()
        self._routes = dict(self._all_routes())

    def paths(self) -> tuple[str, ...]:
        """Every address without a query, of every kind."""
        return tuple(self._routes)

    def answer(self, target: str) -> Answer:
        """The answer to a request target (path and query)."""
        path, _, query = target.partition("?")
        asked = parse_qs(query)
        name = path.removeprefix("/s/")
        if name != path and name in self._channels:
            return self._channel(self._channels[name], _number(asked, "before"))
        parts = path.split("/")
        if len(parts) == 4 and parts[2:] == ["news", ""] and parts[1] in self._outlets:
            return self._listing(self._outlets[parts[1]], _number(asked, "page") or 1)
        route = self._routes.get(path)
        return route() if route else Answer(404, "text/html; charset=utf-8", f"<h1>404</h1><p>{FICTIONAL}</p>".encode())

    def _all_routes(self) -> Sequence[tuple[str, Callable[[], Answer]]]:
        routes: list[tuple[str, Callable[[], Answer]]] = [
            ("/", self._front),
            ("/robots.txt", lambda: Answer(200, "text/plain; charset=utf-8", ROBOTS.format(base=self.base).encode())),
            ("/sitemap.xml", self._root_sitemap),
            (MOVED, self._moved),
            (BROKEN, lambda: Answer(500, "text/html; charset=utf-8", f"<h1>500</h1><p>{FICTIONAL}</p>".encode())),
            (FORBIDDEN, lambda: Answer(200, "text/html; charset=utf-8", f"<p>{FICTIONAL}</p>".encode())),
        ]
        for outlet in self.world.outlets:
            home = f"/{outlet.outlet_id}/"
            if outlet.kind == "telegram":
                routes.append((f"/s/{channel_name(outlet)}", partial(self._channel, outlet, None)))
                continue
            routes.append((home, partial(self._listing, outlet, 1)))
            routes.append((f"{home}news/", partial(self._listing, outlet, 1)))
            routes.extend(self._entrances(outlet).items())
            routes.extend(
                (item_path(outlet, i), partial(self._article, outlet, i)) for i in self._items[outlet.outlet_id]
            )
        return routes

    # --- entrances -----------------------------------------------------------------------------------------------

    def _entrances(self, outlet: Outlet) -> dict[str, Callable[[], Answer]]:
        home = f"/{outlet.outlet_id}/"
        if outlet.layout == "jsonld":
            parts = {f"{home}sitemap-{m}.xml": partial(self._sitemap, outlet, m) for m in self._months(outlet)}
            return {
                f"{home}rss.xml": partial(self._feed, outlet, "rss"),
                f"{home}sitemap.xml": partial(self._index, outlet),
                **parts,
            }
        if outlet.layout == "opengraph":
            return {
                f"{home}atom.xml": partial(self._feed, outlet, "atom"),
                f"{home}sitemap.xml.gz": partial(self._sitemap, outlet, packed=True),
            }
        if outlet.layout == "microdata":
            return {
                f"{home}rss": partial(self._feed, outlet, "rss"),
                f"{home}sitemap-news.xml": partial(self._sitemap, outlet, news=True),
            }
        return {}

    def feed_paths(self, outlet: Outlet) -> tuple[str, ...]:
        return tuple(path for path in self._entrances(outlet) if "sitemap" not in path)

    def sitemap_paths(self, outlet: Outlet) -> tuple[str, ...]:
        """Only the entry: parts of an index are found through it."""
        entry = re.compile(r"sitemap(\.xml|\.xml\.gz|-news\.xml)$")
        return tuple(path for path in self._entrances(outlet) if entry.search(path))

    def listing_paths(self, outlet: Outlet) -> tuple[str, ...]:
        return (f"/{outlet.outlet_id}/news/",) if outlet.layout == "table" else ()

    def _feed(self, outlet: Outlet, kind: str) -> Answer:
        newest = self._items[outlet.outlet_id][::-1][:FEED_ENTRIES]
        body = self._render(f"{kind}.xml.jinja", outlet, entries=[self._entry(outlet, item) for item in newest])
        return Answer(200, f"application/{kind}+xml; charset=utf-8", body, newest[0].published_at if newest else None)

    def _entry(self, outlet: Outlet, item: Item) -> dict[str, str]:
        return {
            "url": self.base + item_path(outlet, item),
            "title": item.title or "",
            "lang": item.lang if item.lang in self._words else "ru",
            "iso": item.published_at.isoformat(),
            "changed": self._changed(item).isoformat(),
            "rfc822": format_datetime(item.published_at),
            "summary": _SENTENCE.split(item.text)[0],
        }

    def _changed(self, item: Item) -> datetime:
        return max(i.published_at for i in (item, *self._comments.get(item.item_id, ())))

    def _months(self, outlet: Outlet) -> list[str]:
        return [month for month, _ in groupby(self._items[outlet.outlet_id], lambda item: f"{item.day:%Y-%m}")]

    def _index(self, outlet: Outlet) -> Answer:
        parts = []
        for month, items in groupby(self._items[outlet.outlet_id], lambda item: f"{item.day:%Y-%m}"):
            url = f"{self.base}/{outlet.outlet_id}/sitemap-{month}.xml"
            parts.append({"url": url, "changed": max(self._changed(item) for item in items).isoformat()})
        body = self._render("sitemapindex.xml.jinja", outlet, parts=parts)
        return Answer(200, "application/xml; charset=utf-8", body)

    def _sitemap(self, outlet: Outlet, month: str | None = None, *, packed: bool = False, news: bool = False) -> Answer:
        items = [i for i in self._items[outlet.outlet_id] if month is None or f"{i.day:%Y-%m}" == month]
        entries = [self._entry(outlet, item) for item in items]
        stamp = _ODD_DAY.isoformat()
        if month in (None, f"{_ODD_DAY:%Y-%m}"):
            entries += [
                {"url": self.base + path, "changed": stamp, "iso": stamp, "lang": "ru", "title": FICTIONAL}
                for path in (GONE, MOVED, BROKEN, FORBIDDEN)
                if path.startswith(f"/{outlet.outlet_id}/")
            ]
        body = self._render("sitemap.xml.jinja", outlet, entries=entries, news=news)
        if packed:
            return Answer(200, "application/gzip", gzip.compress(body, mtime=0))
        return Answer(200, "application/xml; charset=utf-8", body)

    def _root_sitemap(self) -> Answer:
        stamp = max(item.published_at for item in self.world.items).isoformat()
        parts = [
            {"url": self.base + path, "changed": stamp}
            for outlet in self.world.outlets
            for path in self.sitemap_paths(outlet)
        ]
        body = self._render("sitemapindex.xml.jinja", self.world.outlets[0], parts=parts)
        return Answer(200, "application/xml; charset=utf-8", body)

    def _listing(self, outlet: Outlet, page: int) -> Answer:
        """Headlines, newest first; dates stand in words, as on many small sites."""
        newest = self._items[outlet.outlet_id][::-1]
        shown = newest[(page - 1) * LISTING_ENTRIES : page * LISTING_ENTRIES]
        if not shown and page > 1:
            return Answer(404, "text/html; charset=utf-8", f"<h1>404</h1><p>{FICTIONAL}</p>".encode())
        here = f"/{outlet.outlet_id}/news/"
        lang = outlet.languages[0]
        old = outlet.layout == "table"
        kinds = {"rss": "application/rss+xml", "rss.xml": "application/rss+xml", "atom.xml": "application/atom+xml"}
        text = self._text(
            "listing.html.jinja",
            outlet,
            lang,
            charset="windows-1251" if old else "utf-8",
            links=[self._link(outlet, item) for item in shown],
            newer=f"{here}?page={page - 1}" if page > 1 else None,
            older=f"{here}?page={page + 1}" if len(newest) > page * LISTING_ENTRIES else None,
            feeds=[{"path": path, "type": kinds[path.rpartition("/")[2]]} for path in self.feed_paths(outlet)],
        )
        return _html(text, old, shown[0].published_at if shown else None)

    def _front(self) -> Answer:
        outlets = [
            {"name": o.name, "path": f"/s/{channel_name(o)}" if o.kind == "telegram" else f"/{o.outlet_id}/"}
            for o in self.world.outlets
        ]
        text = self._pages.get_template("front.html.jinja").render(fictional=FICTIONAL, outlets=outlets)
        return _html(text, old=False, changed=None)

    def _moved(self) -> Answer:
        outlet = self._outlets["tugyrtas"]
        target = self.base + item_path(outlet, self._items["tugyrtas"][0])
        return Answer(301, "text/html; charset=utf-8", b"", location=target)

    # --- pages ---------------------------------------------------------------------------------------------------

    def _article(self, outlet: Outlet, item: Item) -> Answer:
        lang = item.lang if item.lang in self._words else outlet.languages[0]
        url = self.base + item_path(outlet, item)
        byline = BYLINES[lang][_chance(item.item_id) % len(BYLINES[lang])]
        text = self._text(
            f"article_{outlet.layout}.html.jinja",
            outlet,
            lang,
            item=item,
            url=url,
            byline=byline,
            date_words=date_in_words(item.published_at, self._words[lang]),
            paragraphs=paragraphs(item.served_text),
            comments=[self._comment(comment) for comment in self._comments.get(item.item_id, ())],
            related=self._related(outlet, item),
            views=_chance(item.item_id, "views") % 4000 + 40,
            print_path=f"/{outlet.outlet_id}/print/{item.number}",
            linked_data={
                "@context": "https://schema.org",
                "@type": "NewsArticle",
                "headline": item.title,
                "datePublished": item.published_at.isoformat(),
                "author": {"@type": "Person", "name": byline},
                "publisher": {"@type": "Organization", "name": f"{outlet.name} ({FICTIONAL})"},
                "mainEntityOfPage": url,
            },
        )
        return _html(text, outlet.layout == "table", self._changed(item))

    def _comment(self, comment: Item) -> _Comment:
        nickname = _chance(comment.item_id, "nickname") % len(NICKNAMES)
        lang = comment.lang if comment.lang in self._words else "ru"
        return _Comment(comment, NICKNAMES[nickname], nickname, date_in_words(comment.published_at, self._words[lang]))

    def _related(self, outlet: Outlet, item: Item) -> list[_Link]:
        """Three earlier headlines of the outlet in the page's language."""
        earlier = [i for i in self._items[outlet.outlet_id][: item.number - 1] if i.lang == item.lang]
        return [self._link(outlet, other) for other in earlier[-3:]]

    def _link(self, outlet: Outlet, item: Item) -> _Link:
        lang = item.lang if item.lang in self._words else "ru"
        return _Link(item_path(outlet, item), item.title or "", date_in_words(item.published_at, self._words[lang]))

    def _channel(self, outlet: Outlet, before: int | None) -> Answer:
        """Twenty messages below `before`, oldest first, as t.me/s orders them; the first of all is a bare picture."""
        posts: list[Mapping[str, Any]] = [
            {
                "number": message_number(item),
                "text": item.served_text,
                "moment": item.published_at.isoformat(),
                "clock": f"{item.published_at:%H:%M}",
                "views": _chance(item.item_id, "views") % 900 + 30,
                "signed": NICKNAMES[n % len(NICKNAMES)] if (n := _chance(item.item_id)) % 6 == 0 else None,
            }
            for item in self._items[outlet.outlet_id]
        ]
        opened = (datetime.combine(FIRST_DAY, time(12), ALMATY) - timedelta(days=1)).isoformat()
        first = {"number": 1, "text": None, "moment": opened, "clock": "12:00", "views": 12, "signed": None}
        shown = [post for post in (first, *posts) if before is None or post["number"] < before][-MESSAGES:]
        oldest = shown[0]["number"] if shown else 1
        text = self._text(
            "channel.html.jinja",
            outlet,
            outlet.languages[0],
            channel=channel_name(outlet),
            messages=shown,
            before=oldest if oldest > 1 else None,
        )
        return _html(text, old=False, changed=None)

    def _text(self, name: str, outlet: Outlet, lang: str, **facts: Any) -> str:
        return self._pages.get_template(name).render(
            outlet=outlet,
            home=f"{self.base}/{outlet.outlet_id}/",
            fictional=FICTIONAL,
            words=self._words[lang],
            lang=lang,
            **facts,
        )

    def _render(self, name: str, outlet: Outlet, **facts: Any) -> bytes:
        return self._text(name, outlet, outlet.languages[0], **facts).encode()


def _html(text: str, old: bool, changed: datetime | None) -> Answer:
    """A page; old sites are in windows-1251, where Kazakh letters have no place and become character references."""
    if old:
        return Answer(200, "text/html; charset=windows-1251", text.encode("cp1251", "xmlcharrefreplace"), changed)
    return Answer(200, "text/html; charset=utf-8", text.encode(), changed)


def paragraphs(text: str) -> list[str]:
    """A text in paragraphs of two sentences."""
    sentences = _SENTENCE.split(text)
    return [" ".join(sentences[n : n + 2]) for n in range(0, len(sentences), 2)]


def date_in_words(moment: datetime, words: Mapping[str, Any]) -> str:
    """`26 мая 2026, 09:40`, `2026 жылғы 26 мамыр, 09:40`, `26 May 2026, 09:40`."""
    month = words["months_of"][moment.month - 1]
    return str(words["date"]).format(day=moment.day, month=month, year=moment.year, clock=f"{moment:%H:%M}")


def _chance(item_id: str, purpose: str = "") -> int:
    """A number that looks accidental and is the same every time."""
    return int.from_bytes(hashlib.sha256(f"{purpose}:{item_id}".encode()).digest()[:4], "big")


def _number(asked: Mapping[str, Sequence[str]], key: str) -> int | None:
    value = asked.get(key, [""])[0]
    return int(value) if value.isdecimal() else None
