"""HARDENING N4: feeds, sitemaps, listings and Telegram pages, odd and hostile ones."""

from __future__ import annotations

import contextlib
import gzip
import time
import zlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.discover import (
    ALMATY,
    Found,
    Sitemap,
    UnreadableError,
    belongs,
    channel_address,
    merged,
    outside,
    parse_channel,
    parse_feed,
    parse_listing,
    parse_sitemap,
    stated_date,
    without_authors,
)

MAY_11 = datetime(2026, 5, 11, 10, 0, tzinfo=timezone(timedelta(hours=5)))


def _rss(items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    return (
        f"{head}<rss version='2.0'><channel><title>x</title><link>http://x.kz/</link>{items}</channel></rss>".encode()
    )


def test_rss_entries_with_dates_titles_and_relative_links() -> None:
    body = _rss(
        "<item><title> Су\n тасқыны </title><link>/a</link><pubDate>Mon, 11 May 2026 10:00:00 +0500</pubDate></item>"
        "<item><title>ә</title><link>http://x.kz/a#top</link></item>"  # the same page again
        "<item><title>b</title><link>http://x.kz/b</link><pubDate>2026-05-11 10:00:00</pubDate></item>"  # no zone: Almaty
        "<item><title>c</title><guid>http://x.kz/c</guid><pubDate>вчера</pubDate></item>"
        "<item><title>d</title></item>"
        "<item><title>e</title><link>javascript:alert(1)</link></item>"
        "<item><title>f</title><link>http://x.kz/f</link><pubDate>Fri, 01 Jan 2999 00:00:00 GMT</pubDate></item>"
    )
    found = parse_feed(body, "http://x.kz/rss/all")
    assert found[:3] == (
        Found("http://x.kz/a", MAY_11, "published", "Су тасқыны"),
        Found("http://x.kz/b", MAY_11, "published", "b"),
        Found("http://x.kz/c", None, None, "c"),
    )
    assert [page.url for page in found] == ["http://x.kz/a", "http://x.kz/b", "http://x.kz/c", "http://x.kz/f"]
    assert outside(found[3], date(2026, 5, 1), date(2026, 5, 31))


def test_atom_updated_is_no_date_of_publication() -> None:
    body = (
        b"<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title><entry><title>t</title><link href='http://x.kz/1'/>"
        b"<updated>2026-05-11T10:00:00+05:00</updated></entry><entry><link href='http://x.kz/2'/>"
        b"<published>2026-05-11T05:00:00Z</published><updated>2026-06-11T05:00:00Z</updated></entry></feed>"
    )
    one, two = parse_feed(body, "http://x.kz/atom")
    assert (one.date, one.basis, two.date, two.basis) == (MAY_11, "modified", MAY_11, "published")


@pytest.mark.parametrize("coding", ["utf-8", "windows-1251", "utf-16", "koi8-r", "iso-8859-5"])
def test_feed_bytes_are_decoded_by_what_they_declare(coding: str) -> None:
    text = (
        f"<?xml version='1.0' encoding='{coding}'?><rss version='2.0'><channel><item><title>Новости Тараза</title>"
        "<link>http://x.kz/1</link></item></channel></rss>"
    )
    assert parse_feed(text.encode(coding), "http://x.kz/")[0].title == "Новости Тараза"


def test_bytes_that_look_like_a_path_or_address_are_not_opened() -> None:
    for body in (b"/etc/passwd", b"http://127.0.0.1:1/", b"file:///etc/passwd", b"", b"\x00" * 100):
        with pytest.raises(UnreadableError):
            parse_feed(body, "http://x.kz/")


BOMB = b"<!DOCTYPE z [<!ENTITY a 'ha'>" + b"".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(20)
)
XXE = b"<!DOCTYPE z [<!ENTITY u SYSTEM 'file:///etc/passwd'>"


@pytest.mark.parametrize("declaration", [BOMB, XXE])
def test_entities_are_neither_expanded_nor_opened(declaration: bytes) -> None:
    began = time.monotonic()
    entity = b"&u;" if declaration is XXE else b"&u;&t;"
    item = b"<item><title>%s</title><link>http://x.kz/1</link></item>" % entity
    feed = b"<?xml version='1.0'?>%s]><rss version='2.0'><channel>%s</channel></rss>" % (declaration, item)
    for coding in ("utf-8", "utf-16"):
        with pytest.raises(UnreadableError, match="declares entities"):
            parse_feed(feed.decode().encode(coding), "http://x.kz/")
    for body in (
        feed,
        b"<?xml version='1.0'?>%s]><urlset><url><loc>http://x.kz/%s</loc></url></urlset>" % (declaration, entity),
    ):
        for coding in ("utf-8", "utf-16"):
            with pytest.raises(UnreadableError):
                parse_sitemap(body.decode().encode(coding), "http://x.kz/")
    assert time.monotonic() - began < 10, "HARDENING: each case under 10 s"


@pytest.mark.parametrize(
    "unit",
    [b"<a>", b"<item>", b"<![CDATA[", b"<", b"&", b"<!DOCTYPE ", b"<rss><channel>", b"<item><title>a</title></item>"],
)
def test_feeds_that_would_stall_the_parser(unit: bytes) -> None:
    for size in (500_000, 2_000_000, 8_000_000):
        began = time.process_time()
        with contextlib.suppress(UnreadableError):
            parse_feed(b"<rss><channel>" + unit * (size // len(unit)), "http://x.kz/")
        assert time.process_time() - began < 5


def test_sitemaps() -> None:
    plain = (
        b"<?xml version='1.0' encoding='UTF-8'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
        b"xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>"
        b"<url><image:image><image:loc>http://x.kz/i.jpg</image:loc></image:image><loc> http://x.kz/1 </loc>"
        b"<lastmod>2026-05-11</lastmod></url>"
        b"<url><loc>http://x.kz/2</loc><lastmod>2026-05-20T00:00:00Z</lastmod><news:news><news:publication_date>"
        b"2026-05-11T10:00:00+05:00</news:publication_date><news:title>T</news:title></news:news></url>"
        b"<url><loc>/3</loc></url><url><loc>http://x.kz/1</loc></url><url><loc>mailto:a@x.kz</loc></url></urlset>"
    )
    expected = Sitemap(
        pages=(
            Found("http://x.kz/1", datetime(2026, 5, 11, tzinfo=ALMATY), "modified"),
            Found("http://x.kz/2", MAY_11, "published", "T"),
            Found("http://x.kz/3"),
        )
    )
    index = b"<sitemapindex><sitemap><loc>http://x.kz/m1.xml.gz</loc><lastmod>2026-05-11T05:00Z</lastmod></sitemap></sitemapindex>"
    for pack in (
        bytes,
        gzip.compress,
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: b"\n " + body.partition(b"?>")[2],
    ):
        assert parse_sitemap(pack(plain), "http://x.kz/map") == expected
    assert parse_sitemap(index, "http://x.kz/").sitemaps == (Found("http://x.kz/m1.xml.gz", MAY_11, "modified"),)
    assert len(parse_sitemap(b"http://x.kz/1\nhttp://x.kz/2\n", "http://x.kz/").pages) == 2


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>404</body></html>", b"<!DOCTYPE html><html>", b"{}", b"\x1f\x8bbroken", b"<rss/>",
             gzip.compress(bytes(60 * 1024 * 1024))],
)  # fmt: skip
def test_what_is_no_sitemap_says_so(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        parse_sitemap(body, "http://x.kz/")


def test_listing_cards() -> None:
    page = """<html><head><meta charset=utf-8></head><nav><a href=/l/>Главная</a><a href=/l/tags/x>очень длинная рубрика сайта</a></nav>
    <ul><li><a href='/l/suv'>Су тасқыны басталды</a> <time datetime='2026-05-11T10:00:00+05:00'>x</time></li>
    <li><a href='/l/2'><time datetime='2026-05-11T10:00:00+05:00'>x</time> В Таразе открыли мост</a></li>
    <li><a href='/l/3'>Три слова тут</a><a href='/l/3'><img></a></li>
    <li><a href='/l/photo.jpg'>Большая фотография недели здесь</a></li>
    <li><a href='http://ads.example/x'>Купите слона прямо сейчас у нас</a></li>
    <li><a href='/other/9'>Не этой рубрики новость вовсе</a></li></ul>
    <a href='?page=2' rel=next>2</a>"""
    listing = parse_listing(page.encode(), "http://x.kz/l/")
    assert listing.pages == (
        Found("http://x.kz/l/suv", MAY_11, "published", "Су тасқыны басталды"),
        Found("http://x.kz/l/2", MAY_11, "published", "x В Таразе открыли мост"),
        Found("http://x.kz/l/3", None, None, "Три слова тут"),
    )
    assert listing.next_page == "http://x.kz/l/?page=2"
    assert parse_listing(b"", "http://x.kz/").pages == ()


def _message(number: int, text: str | None, stamp: str = "2026-05-11T05:00:00+00:00", extra: str = "") -> str:
    body = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{text}</div>' if text else ""
    return (
        f'<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message js-widget_message" '
        f'data-post="kumys/{number}"><div class="tgme_widget_message_bubble">{extra}{body}'
        f'<span class="tgme_widget_message_meta"><span class="tgme_widget_message_from_author" dir="auto">Асан Үсен</span>'
        f'<a class="tgme_widget_message_date" href="https://t.me/kumys/{number}"><time datetime="{stamp}">10:00</time></a>'
        f"</span></div></div></div>"
    )


def test_channel_page() -> None:
    reply = (
        '<a class="tgme_widget_message_reply" href="x"><span class="tgme_widget_message_author_name">Серік Қали</span>'
        '<div class="tgme_widget_message_text js-message_reply_text js-message_text">quoted</div></a>'
    )
    forward = (
        '<div class="tgme_widget_message_forwarded_from">Forwarded from <a href="https://t.me/dina">Дина Б.</a></div>'
    )
    page = (
        '<html><head><meta property="og:description" content="пишите @admin_x"></head>'
        '<div class="tgme_channel_info">@admin_x</div><section class="tgme_channel_history">'
        + _message(42, "Екінші <b>хабар</b>", extra=reply) + _message(41, "Бірінші", extra=forward) + _message(43, None)
        + "</section></html>"
    ).encode()  # fmt: skip
    parsed = parse_channel(page, "https://t.me/s/kumys")
    assert [(post.number, post.url, post.published_at) for post in parsed.posts] == [
        (number, f"https://t.me/kumys/{number}", MAY_11) for number in (41, 42, 43)
    ]
    assert parsed.posts[1].text_html is not None and "<b>хабар</b>" in parsed.posts[1].text_html
    assert "quoted" not in parsed.posts[1].text_html
    assert (parsed.posts[2].text_html, parsed.before, parsed.oldest) == (None, 41, MAY_11)
    kept = without_authors(page)
    assert parse_channel(kept, "https://t.me/s/kumys") == parsed
    for name in ("Асан", "Серік", "Дина", "dina", "admin_x"):
        assert name not in kept.decode(), f"{name} would reach the raw store"


def test_channel_pages_that_are_none() -> None:
    assert parse_channel(b'<main class="tgme_main"></main>', "").posts == ()
    for body in (
        b"",
        b"<html><div class='tgme_page'>Join</div>",
        b"<div class='tgme_widget_message_text'>new layout</div>",
    ):
        with pytest.raises(UnreadableError):
            parse_channel(body, "")
    assert channel_address("https://t.me/s/x?q=1", 5) == "https://t.me/s/x?before=5"


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_bytes_crash_a_parser(body: bytes) -> None:
    for parse in (parse_feed, parse_sitemap, parse_channel, parse_listing):
        with contextlib.suppress(UnreadableError):
            parse(body, "http://x.kz/a/")
    without_authors(body)


@given(
    st.text(max_size=40)
    | st.from_regex(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?", fullmatch=True)
)
def test_stated_dates_are_aware_or_nothing(text: str) -> None:
    found = stated_date(text)
    assert found is None or (found.tzinfo is not None and found.astimezone(UTC))


def test_merged_takes_the_best_of_all_entrances() -> None:
    first, last = date(2026, 5, 11), date(2026, 5, 11)
    late = MAY_11 + timedelta(days=3)
    both = merged(
        [Found("u", late, "modified"), Found("u", MAY_11, "published", "T"), Found("u", late, "published", "Z")]
    )
    assert both == Found("u", MAY_11, "published", "T")
    assert not outside(both, first, last) and not outside(Found("u", late, "modified"), first, last)
    assert outside(Found("u", late, "published"), first, last)
    assert outside(Found("u", MAY_11 - timedelta(days=1), "modified"), first, last)
    assert not outside(Found("u", datetime(2026, 5, 10, 19, 30, tzinfo=UTC), "published"), first, last), (
        "00:30 in Almaty"
    )


def test_belongs() -> None:
    own = ("https://www.tengrinews.kz/", "https://lenta.inform.kz/rss")
    assert belongs("https://kaz.tengrinews.kz/a", own) and belongs("http://inform.kz/a", own)
    assert not any(
        belongs(url, own) for url in ("https://nottengrinews.kz/", "https://tengrinews.kz.evil.io/", "http://t.me/")
    )


@pytest.mark.shared
def test_public_feed_suite_never_crashes(shared: Path) -> None:
    """2,100 odd feeds of feedparser's own suite in 100 codings, and the defusedxml bombs."""
    files = [path for path in (shared / "web" / "feedparser_tests").rglob("*") if path.is_file()]
    words: Counter[str] = Counter()
    for path in files:
        try:
            words["read" if parse_feed(path.read_bytes(), "http://x.kz/f") else "empty"] += 1
        except UnreadableError:
            words["unreadable"] += 1
    print(f"feeds: {dict(words)} of {len(files)}")
    assert sum(words.values()) == len(files) > 2000 and words["unreadable"] < 20
    for path in (shared / "web" / "xml_bombs_defusedxml" / "xmltestdata").iterdir():
        for parse in (parse_feed, parse_sitemap):
            with pytest.raises(UnreadableError):
                parse(path.read_bytes(), "http://x.kz/f")


@pytest.mark.shared
def test_saved_telegram_pages(shared: Path) -> None:
    folder = shared / "web" / "telegram_preview_any2feed" / "telegram_preview"
    page = (folder / "full.html").read_bytes()
    parsed = parse_channel(page, "https://t.me/s/topwar_official")
    assert len(parsed.posts) == 12 and parsed.before == 70989 and all(post.text_html for post in parsed.posts)
    assert parse_channel(without_authors(page), "") == parsed
    assert b"rkadiy" not in without_authors((folder / "message_with_from_author.html").read_bytes())
    assert "Пул N3" not in without_authors((folder / "message_media_forwarded_from.html").read_bytes()).decode()


def test_gzip_tail_is_bounded_in_time() -> None:
    body = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = body.compress(b"<urlset>" + b"<url><loc>http://x.kz/1</loc></url>" * 200_000 + b"</urlset>") + body.flush()
    assert len(parse_sitemap(packed, "http://x.kz/").pages) == 1
