"""The sites serve what the world holds, in the forms that real sites have, and with what goes wrong on them."""

from __future__ import annotations

import gzip
import http.client
import socket
from collections import Counter
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree, html

from crawlers.comments import take_comments
from crawlers.dates import parse_date
from crawlers.discover import parse_channel, parse_feed, parse_listing, parse_sitemap
from shanyraq.sample.addresses import channel_name, item_path
from shanyraq.sample.press import (
    BROKEN,
    BYLINES,
    FICTIONAL,
    FORBIDDEN,
    GONE,
    MESSAGES,
    MOVED,
    NICKNAMES,
    paragraphs,
)
from shanyraq.sample.server import SampleServer, serve
from shanyraq.sample.sources import sample_sources
from shanyraq.sample.world import Item, Outlet, SampleWorld, build_world


class Client:
    """One kept connection, as a crawler holds it."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def get(self, address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(address)
        self.connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
        response = self.connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()

    def ok(self, address: str) -> bytes:
        status, _, body = self.get(address)
        assert status == 200, address
        return body


@pytest.fixture
def client(server: SampleServer) -> Client:
    return Client(server.port)


def addresses_found(client: Client, source_id: str) -> set[str]:
    """All pages that a source's feeds, sitemaps and listings lead to."""
    (source,) = (one for one in sample_sources() if one.source_id == source_id)
    found: set[str] = set()
    for url in source.feeds:
        found |= {page.url for page in parse_feed(client.ok(url), url)}
    queue = list(source.sitemaps)
    while queue:
        url = queue.pop()
        sitemap = parse_sitemap(client.ok(url), url)
        found |= {page.url for page in sitemap.pages}
        queue += [part.url for part in sitemap.sitemaps]
    for start in source.listings:
        url: str | None = start
        while url:
            listing = parse_listing(client.ok(url), url)
            found |= {page.url for page in listing.pages}
            url = listing.next_page
    return found


def test_every_page_can_be_discovered(server: SampleServer, world: SampleWorld, client: Client) -> None:
    items = world.by_outlet()
    for outlet in world.outlets:
        if outlet.kind == "web" and items[outlet.outlet_id]:
            meant = {server.base + item_path(outlet, item) for item in items[outlet.outlet_id]}
            odd = {server.base + path for path in (GONE, MOVED, BROKEN, FORBIDDEN)}
            assert addresses_found(client, outlet.outlet_id) - odd == meant, outlet.outlet_id


def test_every_message_can_be_paged_to(server: SampleServer, world: SampleWorld, client: Client) -> None:
    items = world.by_outlet()
    for source in sample_sources():
        if source.kind != "telegram":
            continue
        posts = {}
        before: int | None = None
        while True:
            page = parse_channel(client.ok(source.home + (f"?before={before}" if before else "")), source.home)
            assert 0 < len(page.posts) <= MESSAGES
            posts.update({post.number: post for post in page.posts})
            if page.before is None:
                break
            before = page.before
        texts = [
            (html.fromstring(post.text_html).text_content().strip(), post.published_at)
            for _, post in sorted(posts.items())
            if post.text_html
        ]
        assert texts == [(item.served_text, item.published_at) for item in items[source.source_id]]
        assert parse_channel(client.ok(f"{source.home}?before=1"), source.home).posts == ()


def article(outlet: Outlet, item: Item, body: bytes) -> None:
    """Title, text, date, comments and the word "fictional" stand on the page, in the layout's own way."""
    root = html.document_fromstring(body)
    place = {
        "jsonld": "//div[@class='entry-content']/p",
        "opengraph": "//div[@class='article__text']/p",
        "microdata": "//*[@itemprop='articleBody']/p",
        "table": "//div[@class='articletext']/p",
    }[outlet.layout]
    assert [p.text_content() for p in root.xpath(place)] == paragraphs(item.served_text)
    assert [h.text_content() for h in root.xpath("//h1|//div[@class='news']/h2")] == [item.title]
    assert FICTIONAL in root.findtext(".//title")
    assert FICTIONAL in root.find("body").text_content()
    stated = {
        "jsonld": "//article[@class='post']//time/@datetime",
        "opengraph": "//meta[@property='article:published_time']/@content",
        "microdata": "//*[@itemprop='datePublished']/@content",
        "table": "//font[@class='date']/text()",
    }[outlet.layout]
    assert parse_date(root.xpath(stated)[0], None) == item.published_at.replace(second=0)


def test_article_pages_hold_their_texts(world: SampleWorld, client: Client) -> None:
    outlets = {outlet.outlet_id: outlet for outlet in world.outlets}
    pages = [item for item in world.items if item.genre == "news"]
    seen: Counter[str] = Counter()
    for item in pages[::7]:
        outlet = outlets[item.outlet_id]
        seen[outlet.layout] += 1
        status, headers, body = client.get(item_path(outlet, item))
        assert status == 200
        assert ("windows-1251" in headers["Content-Type"]) == (outlet.layout == "table")
        article(outlet, item, body)
    assert min(seen.values()) > 10
    assert set(seen) == {"jsonld", "opengraph", "microdata", "table"}


def test_comments_stand_under_their_pages_with_authors_to_be_dropped(world: SampleWorld, client: Client) -> None:
    outlets = {outlet.outlet_id: outlet for outlet in world.outlets}
    items = {item.item_id: item for item in world.items}
    place = {
        "jsonld": "comment-content",
        "opengraph": "comment__text",
        "microdata": "comm-text",
        "table": "comment-text",
    }
    seen = set()
    for page, comments in world.comments().items():
        outlet = outlets[items[page].outlet_id]
        root = html.document_fromstring(client.ok(item_path(outlet, items[page])))
        found = [element.text_content().strip() for element in root.find_class(place[outlet.layout])]
        assert found == [comment.served_text for comment in comments], page
        assert any(name in root.text_content() for name in NICKNAMES)
        seen.add(outlet.layout)
    assert seen == set(place)


def test_crawler_reads_all_comments_and_no_author(world: SampleWorld, client: Client) -> None:
    outlets = {outlet.outlet_id: outlet for outlet in world.outlets}
    items = {item.item_id: item for item in world.items}
    for page, comments in world.comments().items():
        tree = html.document_fromstring(client.ok(item_path(outlets[items[page].outlet_id], items[page])))
        found = [(one.number, one.text, one.published_at) for one in take_comments(tree, None)]
        assert found == [(one.number, one.served_text, one.published_at) for one in comments], page


def test_names_to_be_dropped_are_met_in_no_text(world: SampleWorld) -> None:
    """Else a test that looks for them behind the privacy step would prove nothing."""
    texts = " ".join(f"{item.title or ''} {item.served_text}" for item in world.items)
    for name in (*NICKNAMES, *(name for names in BYLINES.values() for name in names)):
        assert name not in texts
    assert len([item for item in world.items if item.contact]) >= 30


def test_feeds_and_sitemaps_are_well_formed(server: SampleServer, client: Client) -> None:
    versions = set()
    for source in sample_sources():
        for url in source.feeds:
            feed = feedparser.parse(client.ok(url))
            assert not feed.bozo, feed.get("bozo_exception")
            assert 1 <= len(feed.entries) <= 20
            assert all(entry.published_parsed and entry.title for entry in feed.entries)
            versions.add(feed.version)
        for url in source.sitemaps:
            body = client.ok(url)
            etree.fromstring(gzip.decompress(body) if url.endswith(".gz") else body)
    assert versions == {"rss20", "atom10"}


def test_what_goes_wrong(server: SampleServer, client: Client) -> None:
    assert client.get(GONE)[0] == 404
    assert client.get(BROKEN)[0] == 500
    status, headers, _ = client.get(MOVED)
    assert status == 301
    assert client.get(headers["Location"])[0] == 200
    robots = client.ok("/robots.txt").decode()
    assert "Disallow: /*/print/" in robots
    assert "/print/" in FORBIDDEN
    assert client.get("/no/such/page")[0] == 404
    assert client.get("/kolos-tobol/news/?page=999")[0] == 404


def test_unchanged_pages_are_not_sent_again(client: Client) -> None:
    status, headers, body = client.get("/tugyrtas/rss.xml")
    assert status == 200
    assert body
    assert headers["Last-Modified"].endswith("GMT")
    status, _, body = client.get("/tugyrtas/rss.xml", **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


def test_sources_say_what_the_outlets_are(world: SampleWorld) -> None:
    sources = {source.source_id: source for source in sample_sources()}
    assert set(sources) == {item.outlet_id for item in world.items}
    weekly = {outlet.outlet_id: outlet.items_a_week for outlet in world.outlets}
    for source in sources.values():
        assert source.home.startswith("http://fictional-press.example/")
        assert source.expected_per_week
        assert 0 < source.expected_per_week <= weekly[source.source_id] * 2
        assert source.kind == "telegram" or source.feeds or source.sitemaps or source.listings
    channels = [channel_name(outlet) for outlet in world.outlets if outlet.kind == "telegram"]
    assert all(name.startswith("fictional_") and len(name) <= 32 for name in channels)
    assert len({source.home_region for source in sources.values() if source.home_region}) == 20


def test_a_taken_port_is_said_clearly() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"cannot listen on 127\.0\.0\.1:{port}"), serve(port, build_world()):
            pass
