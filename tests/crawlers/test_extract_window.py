"""A window's raw pages become masked articles, and every page, post and comment one outcome."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crawlers.article import Article, article_id_of
from crawlers.extract import ExtractorPool, extract_window
from crawlers.layout import Window, World
from crawlers.privacy import find_identifiers
from crawlers.rawstore import FetchLine, RawStore
from crawlers.source import Source

PAGES = Path(__file__).parent / "pages"
WINDOW = Window(date(2026, 4, 1), date(2026, 5, 31))
TODAY = date(2026, 6, 1)
SITE = "https://www.site.kz/"
WEB = Source(
    "site", "Site", "web", SITE, ("kk",), "owner", "private", home_region="KZ-31", feeds=(f"{SITE}rss",), comments=True
)
CHANNEL = Source("channel", "Channel", "telegram", "https://t.me/s/mysal", ("kk",), "owner", "social")
LONG = (
    "Ауыл тұрғындары көпірді бірге жөндеді, сұрақтар бойынша 8 701 000 11 22 нөміріне хабарласыңыз, деді @mysal_kisi."
)


def news(day: str, text: str = LONG) -> bytes:
    return f'<html><head><meta property="article:published_time" content="{day}T10:00:00+05:00"></head><body><h1>Көпір жөнделді</h1><p>{text}</p></body></html>'.encode()


def message(number: int, stamp: str | None, text: str | None) -> str:
    words = f'<div class="tgme_widget_message_text js-message_text">{text}</div>' if text else ""
    time = f'<time datetime="{stamp}" class="time"></time>' if stamp else ""
    return f'<div class="tgme_widget_message js-widget_message" data-post="mysal/{number}">{words}{time}</div>'


def preview(*messages: str) -> bytes:
    return f'<html><body><section class="tgme_channel_history">{"".join(messages)}</section></body></html>'.encode()


def store(world: World, source: Source, pages: list[tuple[str, str, bytes]]) -> None:
    """Write a raw store as the spiders do: (kind, address, body)."""
    raw, fetched = world.raw(source.source_id, WINDOW), world.fetched(source.source_id, WINDOW)
    raw.parent.mkdir(parents=True)
    fetched.parent.mkdir(parents=True)
    with raw.open("wb") as handle, fetched.open("w", encoding="utf-8") as log:
        warc = RawStore(handle, lambda: datetime(2026, 6, 1, tzinfo=UTC))
        for kind, url, body in pages:
            digest, offset = warc.add(url, 200, [("Content-Type", "text/html; charset=utf-8")], body, [])
            line = FetchLine(article_id_of(url), "fetched", "page", url, url, "news", 200, "text/html", digest, offset)
            log.write(replace(line, kind=kind, genre="post" if kind == "channel" else "news").to_json() + "\n")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pool() -> Iterator[ExtractorPool]:
    with ExtractorPool(workers=2, timeout_s=10) as started:
        yield started


def read(world: World, source: Source) -> tuple[list[Article], Counter[str]]:
    articles = [
        Article.from_json(line) for line in world.articles(source.source_id, WINDOW).read_text("utf-8").splitlines()
    ]
    outcomes = [
        json.loads(line) for line in world.outcomes("extract", source.source_id, WINDOW).read_text("utf-8").splitlines()
    ]
    assert all(outcome["source_id"] == source.source_id and outcome["stage"] == "extract" for outcome in outcomes)
    assert [outcome["item"] for outcome in outcomes if outcome["word"] == "ok"] == [
        article.article_id for article in articles
    ]
    return articles, Counter(outcome["word"] for outcome in outcomes)


def test_pages_and_their_comments(tmp_path: Path, pool: ExtractorPool) -> None:
    world = World(tmp_path, "live")
    store(world, WEB, [
        ("page", f"{SITE}a/?utm_source=rss", (PAGES / "kk_wordpress.html").read_bytes()),
        ("page", "http://m.site.kz/a", news("2026-05-01")),
        ("page", f"{SITE}b", news("2026-05-02")),
        ("page", f"{SITE}c", news("2026-03-31")),
        ("page", f"{SITE}d", news("2026-06-02")),
        ("page", f"{SITE}e", news("2026-05-02", "Екі сөз")),
        ("page", f"{SITE}f", f"<html><body><p>{LONG}</p></body></html>".encode()),
        ("page", f"{SITE}g", b"%PDF-1.7"),
    ])  # fmt: skip
    counts = extract_window(WEB, world, WINDOW, pool=pool, today=TODAY)
    articles, words = read(world, WEB)
    expected = dict.fromkeys(
        ("too_short", "not_text", "duplicate_url", "outside_window", "future_date", "no_date", "not_html"), 1
    )
    expected["ok"] = 4  # two pages, two comments; the third comment is a bare "+"
    assert words == expected == counts.words and counts.texts == 4
    page, first, second, other = articles
    parent = article_id_of("https://site.kz/a")
    assert (page.article_id, page.genre, page.home_region, page.date_basis, page.section) == (
        parent,
        "news",
        "KZ-31",
        "page",
        "Қоғам",
    )
    assert other.article_id == article_id_of("https://site.kz/b")
    assert (
        other.text
        == "Ауыл тұрғындары көпірді бірге жөндеді, сұрақтар бойынша [phone] нөміріне хабарласыңыз, деді [handle]."
    )
    assert first == Article(
        article_id=article_id_of("https://site.kz/a#comment-41"), source_id="site", url=f"{SITE}a/?utm_source=rss#comment-41", genre="comment",
        text="Молодцы соседи!\nЗвоните, поможем: [phone]", published_at="2026-04-07T11:00:00+05:00", date_basis="page",
        context="Ауыл тұрғындары көпірді бірге жөндеді", parent_id=parent, home_region="KZ-31",
    )  # fmt: skip
    assert second.article_id == article_id_of("https://site.kz/a#comment-44")


def test_comments_only_where_the_source_says_so(tmp_path: Path, pool: ExtractorPool) -> None:
    world = World(tmp_path, "live")
    silent = replace(WEB, comments=False)
    store(world, silent, [("page", f"{SITE}a", (PAGES / "kk_wordpress.html").read_bytes())])
    assert extract_window(silent, world, WINDOW, pool=pool, today=TODAY).words == {"ok": 1}


def test_channel_previews(tmp_path: Path, pool: ExtractorPool) -> None:
    world = World(tmp_path, "live")
    late = message(3, "2026-05-31T18:59:00+00:00", "Көрші ауылға <b>көмек</b> жиналды<br>t.me/mysal &amp; @mysal")
    store(world, CHANNEL, [
        ("channel", "https://t.me/s/mysal", preview(late, message(4, "2026-05-31T19:00:00+00:00", "Бұл енді маусымның хабары"))),
        ("channel", "https://t.me/s/mysal?before=4", preview(message(1, "2026-05-01T00:00:00+00:00", None), message(2, "2026-05-01T00:00:00+00:00", "Екі сөз"), late, message(5, None, "Күні жоқ хабар қалды"))),
        ("channel", "https://t.me/s/mysal?before=1", b"<html><body>captcha</body></html>"),
    ])  # fmt: skip
    counts = extract_window(CHANNEL, world, WINDOW, pool=pool, today=TODAY)
    articles, words = read(world, CHANNEL)
    assert words == counts.words == {"ok": 1, "outside_window": 1, "too_short": 2, "no_date": 1, "not_text": 1}
    assert articles == [Article(
        article_id=article_id_of("https://t.me/mysal/3"), source_id="channel", url="https://t.me/mysal/3", genre="post",
        text="Көрші ауылға көмек жиналды\n[profile] & [handle]", published_at="2026-05-31T23:59:00+05:00", date_basis="platform",
    )]  # fmt: skip


def test_a_finished_window_is_not_read_again(tmp_path: Path, pool: ExtractorPool) -> None:
    """P2 in small: once, twice and by force give the same bytes; a run that dies leaves nothing."""
    world = World(tmp_path, "live")
    store(world, WEB, [("page", f"{SITE}a", (PAGES / "kk_wordpress.html").read_bytes())])
    articles = world.articles("site", WINDOW)
    first = extract_window(WEB, world, WINDOW, pool=pool, today=TODAY)
    before = articles.read_bytes()
    again = extract_window(WEB, world, WINDOW, pool=pool, today=TODAY)
    assert (again.words, again.texts, again.finished_before) == (first.words, first.texts, True)
    assert not extract_window(WEB, world, WINDOW, pool=pool, today=TODAY, force=True).finished_before
    assert articles.read_bytes() == before
    world.raw("site", WINDOW).write_bytes(b"damaged")
    with pytest.raises(RuntimeError, match="damaged"):
        extract_window(WEB, world, WINDOW, pool=pool, today=TODAY, force=True)
    assert articles.read_bytes() == before and len(list(articles.parent.iterdir())) == 1


def test_no_identifier_and_no_commenter_reaches_a_file(tmp_path: Path, pool: ExtractorPool) -> None:
    """G1: nothing behind the raw store names a person; addresses of the source's own texts are its business."""
    world = World(tmp_path, "live")
    store(
        world,
        WEB,
        [("page", f"{SITE}{name}", (PAGES / f"{name}.html").read_bytes()) for name in ("kk_wordpress", "ru_bitrix")],
    )
    extract_window(WEB, world, WINDOW, pool=pool, today=TODAY)
    articles, _ = read(world, WEB)
    assert len(articles) == 4  # the bitrix page's comments are of 1 June
    for article in articles:
        fields = {key: value for key, value in asdict(article).items() if isinstance(value, str) and key != "url"}
        assert [(key, find_identifiers(value)) for key, value in fields.items() if find_identifiers(value)] == []
    everything = "".join(
        path.read_text("utf-8")
        for folder in ("articles", "outcomes")
        for path in (world.folder / folder).rglob("*.jsonl")
    )
    assert not any(
        name in everything for name in ("Аққулаев", "Шишка", "Күлпәш", "Saqsaul", "Фиолетта", "Кактус", "/users/")
    )
