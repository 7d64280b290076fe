"""What the spiders find, fetch and leave alone, against a scripted site (HARDENING N4, N6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import LoopbackSite, Reply

from crawlers.crawl import CrawlError, crawl_source
from crawlers.discover import parse_channel
from crawlers.layout import Window, World
from crawlers.rawstore import read_lines, read_pages

WINDOW = Window(date(2026, 5, 4), date(2026, 5, 10))
ALMATY = timezone(timedelta(hours=5))


def test_web_spider_joins_feeds_sitemaps_and_listings(site: LoopbackSite, world: World) -> None:
    root = site.root
    site["/feed"] = (
        "<rss version='2.0'><channel><title>x</title>"
        f"<item><title>A</title><link>{root}/a?utm_source=rss</link><pubDate>Sun, 10 May 2026 23:30:00 +0500</pubDate></item>"
        f"<item><title>B</title><link>{root}/b</link><pubDate>Mon, 11 May 2026 00:30:00 +0500</pubDate></item>"
        "<item><title>Ad</title><link>http://ads.example/x</link></item>"
        f"<item><title>Gone</title><link>{root}/gone</link><pubDate>Tue, 05 May 2026 10:00:00 +0500</pubDate></item>"
        f"<item><title>Moved</title><link>{root}/moved</link><pubDate>Tue, 05 May 2026 10:00:00 +0500</pubDate></item>"
        f"<item><title>No</title><link>{root}/private/1</link><pubDate>Tue, 05 May 2026 10:00:00 +0500</pubDate></item>"
        "</channel></rss>"
    )
    site["/index.xml"] = (
        f"<sitemapindex><sitemap><loc>{root}/new.xml</loc></sitemap><sitemap><loc>{root}/old.xml</loc>"
        "<lastmod>2026-05-01</lastmod></sitemap><sitemap><loc>http://ads.example/map.xml</loc></sitemap></sitemapindex>"
    )
    site["/new.xml"] = (
        f"<urlset><url><loc>{root}/a</loc><lastmod>2026-05-12</lastmod></url>"
        f"<url><loc>{root}/c</loc><lastmod>2026-05-12</lastmod></url>"
        f"<url><loc>{root}/d</loc><lastmod>2026-04-30</lastmod></url></urlset>"
    )
    site["/news"] = (
        "<a href='/e'>Үш сөзден тұратын тақырып</a><time datetime='2026-05-06T10:00:00+05:00'></time>"
        "<a rel=next href='/news?page=2'>2</a>"
    )
    for path in "abcdef":
        site[f"/{path}"] = f"<html><p>{path}"
    site["/moved"] = Reply(status=301, headers={"Location": "/f"})
    site["/robots.txt"] = "User-agent: *\nDisallow: /private/"
    source = site.source(sitemaps=(f"{root}/index.xml", f"{root}/missing.xml"), listings=(f"{root}/news",))
    counts = crawl_source(source, world, WINDOW, loopback_allowed=site.allowed)
    lines = {line.asked.removeprefix(root): line for line in read_lines(world.fetched("probe", WINDOW))}
    assert {path: line.word for path, line in lines.items()} == {
        "/a?utm_source=rss": "fetched", "/c": "fetched", "/e": "fetched", "/gone": "gone", "/moved": "fetched",
        "/private/1": "denied",
    }  # fmt: skip
    a = lines["/a?utm_source=rss"]
    assert (a.feed_date, a.feed_title) == ("2026-05-10T23:30:00+05:00", "A")
    assert (lines["/c"].feed_date, lines["/moved"].url) == (None, f"{root}/f")
    assert counts.words == {"denied": 1, "elsewhere": 1, "fetched": 4, "gone": 1, "outside_window": 2}
    assert {page.url.removeprefix(root): page.body for page in read_pages(world.raw("probe", WINDOW), world.fetched("probe", WINDOW))} == {
        "/a?utm_source=rss": b"<html><p>a", "/c": b"<html><p>c", "/e": b"<html><p>e", "/f": b"<html><p>f"
    }  # fmt: skip
    assert not {"/old.xml", "/b", "/d", "/private/1"} & set(site.asked)
    assert len(site.asked) == len(set(site.asked)), "no address was asked for twice"


class Channel:
    """A preview page server: 45 messages, one an 6 hours up to 2026-05-12, twenty a page, some numbers deleted."""

    def __init__(self, site: LoopbackSite) -> None:
        self.site = site
        self.trouble: dict[str, list[Reply]] = {}
        site["/s/kumys"] = self.page

    numbers = tuple(n for n in range(1, 60) if n % 4)

    def when(self, number: int) -> datetime:
        return datetime(2026, 5, 12, tzinfo=ALMATY) - timedelta(hours=6 * (60 - number))

    def page(self, handler: Any) -> Reply:
        if waiting := self.trouble.get(handler.path):
            return waiting.pop(0)
        before = int(handler.path.rpartition("before=")[2]) if "before=" in handler.path else 10**9
        return Reply(self.html([n for n in self.numbers if n < before][-20:]))

    def html(self, numbers: Sequence[int]) -> bytes:
        messages = "".join(
            f'<div class="tgme_widget_message js-widget_message" data-post="kumys/{n}"><div class="tgme_widget_message_text '
            f'js-message_text">хабар {n}</div><span class="tgme_widget_message_from_author">Асан Үсен</span>'
            f'<time datetime="{self.when(n).isoformat()}"></time></div>' for n in numbers
        )  # fmt: skip
        return f'<meta charset="utf-8"><main class="tgme_main"><section class="tgme_channel_history">{messages}</section></main>'.encode()


@pytest.fixture
def channel(site: LoopbackSite) -> Channel:
    return Channel(site)


def _crawl(channel: Channel, world: World, window: Window = WINDOW) -> list[int]:
    """The window's message numbers as stored, in order of arrival, duplicates kept."""
    site = channel.site
    source = site.source(kind="telegram", home=f"{site.root}/s/kumys", feeds=())
    crawl_source(source, world, window, loopback_allowed=site.allowed, limits={"retry_wait_s": 0.05})
    pages = list(read_pages(world.raw("probe", window), world.fetched("probe", window)))
    assert all("Асан".encode() not in page.body and page.kind == "channel" and page.genre == "post" for page in pages)
    posts = [post for page in pages for post in parse_channel(page.body, page.url).posts]
    return sorted(
        post.number for post in posts if post.published_at and window.first <= post.published_at.date() <= window.last
    )


def test_channel_is_paged_back_to_the_first_day(channel: Channel, world: World) -> None:
    expected = [n for n in channel.numbers if WINDOW.first <= channel.when(n).date() <= WINDOW.last]
    assert _crawl(channel, world) == expected
    assert channel.site.asked == ["/robots.txt", "/s/kumys", "/s/kumys?before=34"], "no page more than needed"


def test_channel_is_read_to_its_very_beginning(channel: Channel, world: World) -> None:
    assert _crawl(channel, world, Window(date(2026, 1, 1), date(2026, 5, 31))) == list(channel.numbers)


def test_trouble_at_a_cursor_loses_and_doubles_nothing(channel: Channel, world: World) -> None:
    """429, 503, a half page, a cursor that answers with the newest page again: asked again until right."""
    newest = channel.html(channel.numbers[-20:])
    # Scrapy itself tries an error status three times before the spider hears of it
    channel.trouble = {
        "/s/kumys": [Reply(status=429)] * 3 + [Reply(status=503)],
        "/s/kumys?before=34": [Reply(newest), Reply(b"<html>busy</html>"), Reply(status=502)],
    }
    assert _crawl(channel, world, Window(date(2026, 1, 1), date(2026, 5, 31))) == list(channel.numbers)


def test_layout_change_and_lasting_trouble_publish_nothing(channel: Channel, world: World) -> None:
    channel.trouble = {"/s/kumys": [Reply(b"<html><div class=post>new</div>")]}
    with pytest.raises(CrawlError, match=r"not whole: .*/s/kumys: no Telegram preview page: the layout has changed"):
        _crawl(channel, world)
    channel.trouble = {"/s/kumys?before=34": [Reply(status=403)] * 20}
    with pytest.raises(CrawlError, match=r"before=34: status 403"):
        _crawl(channel, world)
    assert not any(path.is_file() for path in world.folder.rglob("*"))
    channel.trouble = {}
    assert _crawl(channel, world), "the next run begins anew"
