"""Where a source says its texts are: feeds, sitemaps, listing pages, Telegram preview pages. Pure functions of bytes.

Each returns frozen records with address, date and title; a document that is not what it should be raises
`UnreadableError` with one sentence. Nothing here follows, fetches or trusts anything: entities stay unresolved, no file
or address named in a document is opened.
"""

from __future__ import annotations

import re
import zlib
from calendar import timegm
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urljoin, urlsplit
from zoneinfo import ZoneInfo

import feedparser
from lxml import etree, html  # type: ignore[import-untyped,unused-ignore]

ALMATY: Final = ZoneInfo("Asia/Almaty")
UNPACKED_BYTES: Final = 50 * 1024 * 1024  # sitemaps.org: a sitemap has at most 50 MB and 50,000 addresses, unpacked
SITEMAP_ADDRESSES: Final = 50_000
FEED_BYTES: Final = 2 * 1024 * 1024  # feeds of news sites have tens to hundreds of kB

Basis = Literal["published", "modified"]


class UnreadableError(ValueError):
    """A document that is not the feed, sitemap or preview page it should be."""


@dataclass(frozen=True, slots=True)
class Found:
    """A discovered page. `date` is aware; its `basis` says whether it dates publication or only the last change."""

    url: str
    date: datetime | None = None
    basis: Basis | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """Pages of a urlset and further sitemaps of an index (their `date` is the last change of that file)."""

    pages: tuple[Found, ...] = ()
    sitemaps: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Article links of a listing page, in its order, and the address of the next page."""

    pages: tuple[Found, ...]
    next_page: str | None


@dataclass(frozen=True, slots=True)
class ChannelPost:
    """One message of a Telegram preview page. `text_html` is None for messages without text (photo, sticker, poll)."""

    channel: str
    number: int
    url: str
    published_at: datetime | None
    text_html: str | None


@dataclass(frozen=True, slots=True)
class ChannelPage:
    """A preview page: its messages in order, oldest first."""

    posts: tuple[ChannelPost, ...]

    @property
    def before(self) -> int | None:
        """The number to page back from, None at the channel's first message or on an empty page."""
        oldest = min((post.number for post in self.posts), default=None)
        return None if oldest is None or oldest <= 1 else oldest

    @property
    def oldest(self) -> datetime | None:
        return min((post.published_at for post in self.posts if post.published_at), default=None)


# --- dates ----------------------------------------------------------------------------------------------------------


def stated_date(text: str | None) -> datetime | None:
    """An aware date out of ISO 8601 (W3C date-time of sitemaps and Atom) or RFC 822 (RSS); without zone: Almaty."""
    if not text or not (text := text.strip()):
        return None
    found: datetime | None = None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
            break
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    if found is None or not 1990 <= found.year <= 9000:  # 0001 and 9999 are placeholders and overflow in conversion
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=ALMATY)


def outside(found: Found, first: date, last: date) -> bool:
    """True if the page cannot have been published between the two days (Almaty). Unknown dates are not outside.

    A last change before the first day rules a page out as well; one after the last day says nothing.
    """
    if found.date is None:
        return False
    day = found.date.astimezone(ALMATY).date()
    return day < first or (found.basis == "published" and day > last)


# --- feeds ----------------------------------------------------------------------------------------------------------

_HTML_HEAD: Final = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html)\b", re.I | re.S)


def parse_feed(body: bytes, url: str) -> tuple[Found, ...]:
    """Entries of an RSS, Atom or RDF feed; `url` resolves relative links. Entries without a link are left out."""
    _refuse_what_stalls(body)
    # BytesIO, because feedparser takes a bare value for an address or a file name and opens it. Entities other than
    # XML's own five are dropped with the DOCTYPE by feedparser itself; sanitising is for showing, not for links.
    feed = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    entries: list[Any] = feed.get("entries", [])
    if not entries and not feed.get("version"):
        raise UnreadableError("no feed (neither RSS nor Atom nor RDF)")
    base = urljoin(url, feed.get("feed", {}).get("link") or url)
    found: dict[str, Found] = {}
    for entry in entries:
        link = _feed_link(entry)
        address = _http(urljoin(base, link)) if link else None
        if address is None or address in found:
            continue
        published = stated_date(entry.get("published")) or _utc(entry.get("published_parsed"))
        # dict.get: feedparser's own get answers "updated" with "published" where there is no update
        changed = stated_date(dict.get(entry, "updated")) or _utc(dict.get(entry, "updated_parsed"))
        found[address] = Found(
            address,
            published or changed,
            "published" if published else "modified" if changed else None,
            _one_line(entry.get("title")),
        )
    return tuple(found.values())


def _refuse_what_stalls(body: bytes) -> None:
    """feedparser is pure Python: 8 MB of `<a><a>…` hold it for 44 s, an entity bomb for 2 s. libxml2 looks first."""
    if _HTML_HEAD.match(body[:4096]):
        raise UnreadableError("an HTML page instead of a feed")
    if len(body) > FEED_BYTES:
        raise UnreadableError(f"a feed of {len(body):,} bytes, more than {FEED_BYTES:,}")
    if b"<!ENTITY" in body.replace(b"\0", b""):  # the zero bytes of UTF-16
        raise UnreadableError("a feed that declares entities")
    try:
        root = etree.fromstring(body, _xml_parser(recover=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        # Not well-formed is common and feedparser's job, too deep (libxml2 stops at 256) is not.
        if "depth" in str(error) or len(body) > FEED_BYTES // 4:
            raise UnreadableError(f"no feed ({error})") from error
        return
    if isinstance(root.tag, str) and etree.QName(root).localname.lower() not in ("rss", "feed", "rdf", "channel"):
        raise UnreadableError(f"<{etree.QName(root).localname}> is no feed (neither RSS nor Atom nor RDF)")


def _xml_parser(*, recover: bool) -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover)


def _feed_link(entry: Any) -> str | None:
    # FeedBurner moves the outlet's own address to origlink and leaves a counting redirect in link.
    link = entry.get("feedburner_origlink") or entry.get("link")
    if not link and str(entry.get("id", "")).startswith(("http://", "https://")):
        link = entry["id"]
    return str(link).strip() if link else None


def _utc(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed and 1990 <= parsed[0] <= 9000 else None
    except (ValueError, TypeError, OverflowError):
        return None


# --- sitemaps -------------------------------------------------------------------------------------------------------


def parse_sitemap(body: bytes, url: str) -> Sitemap:
    """A urlset (also with news dates and titles), a sitemap index, a plain list of addresses; packed with gzip or not.

    A document type declaration is refused: no sitemap needs one, and entity bombs and XXE do.
    """
    body = unpacked(body)
    if re.match(rb"(?:\xef\xbb\xbf)?\s*https?://", body):
        lines = body.decode("utf-8-sig", "replace").split()
        return Sitemap(tuple(Found(line) for line in lines[:SITEMAP_ADDRESSES] if _http(line)))
    if _HTML_HEAD.match(body[:4096]):
        raise UnreadableError("an HTML page instead of a sitemap")
    try:
        root = etree.fromstring(body, _xml_parser(recover=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError(f"no XML ({error})") from error
    if root is None:
        raise UnreadableError("no XML")
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("a sitemap with a document type declaration")
    kind = etree.QName(root).localname.lower() if isinstance(root.tag, str) else ""
    if kind not in ("urlset", "sitemapindex"):
        raise UnreadableError(f"<{kind}> is no sitemap")
    entries: dict[str, Found] = {}
    for node in root:
        facts = _texts(node)
        address = _http(urljoin(url, facts["loc"])) if facts.get("loc") else None
        if address is None or address in entries:
            continue
        published, changed = stated_date(facts.get("publication_date")), stated_date(facts.get("lastmod"))
        entries[address] = Found(
            address,
            published or changed,
            "published" if published else "modified" if changed else None,
            _one_line(facts.get("title")),
        )
        if len(entries) >= SITEMAP_ADDRESSES:
            break
    found = tuple(entries.values())
    return Sitemap(pages=found) if kind == "urlset" else Sitemap(sitemaps=found)


def _texts(node: Any) -> dict[str, str]:
    """First text of each element below a <url> or <sitemap>, by local name; images and videos have their own <loc>."""
    texts: dict[str, str] = {}
    for element in node.iter():
        if not isinstance(element.tag, str) or not element.text:
            continue
        name = etree.QName(element)
        if "image" in (name.namespace or "") or "video" in (name.namespace or ""):
            continue
        texts.setdefault(name.localname.lower(), element.text.strip())
    return texts


def unpacked(body: bytes) -> bytes:
    """The body without a gzip layer, if it has one; more than `UNPACKED_BYTES` is `UnreadableError`."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, UNPACKED_BYTES)
    except zlib.error as error:
        raise UnreadableError(f"damaged gzip ({error})") from error
    if unpacker.unconsumed_tail:
        raise UnreadableError(f"more than {UNPACKED_BYTES:,} bytes unpacked")
    return plain


# --- listing pages --------------------------------------------------------------------------------------------------

_NO_ARTICLE: Final = re.compile(
    r"/(?:tags?|category|categories|author|authors|page|search|login|user|users|about|contacts?|feed|rss|wp-\w+)(?:/|$)"
    r"|\.(?:jpe?g|png|gif|webp|svg|pdf|docx?|xlsx?|zip|mp[34]|xml|css|js|ico)$",
    re.I,
)
_NEXT_WORDS: Final = frozenset(("»", "›", "→", "next", "далее", "следующая", "келесі", "older", "ещё", "тағы"))


def parse_listing(body: bytes, url: str) -> Listing:
    """Headline links of a listing page: own host, deeper than the listing's folder, with words enough for a headline.

    A date is taken from a `<time datetime>` inside the link or inside the smallest box that holds this link alone.
    """
    root = _html(body)
    if root is None:
        return Listing((), None)
    host, folder = urlsplit(url).netloc, urlsplit(url).path.rsplit("/", 1)[0] + "/"
    found: dict[str, Found] = {}
    next_page: str | None = None
    for link in root.iter("a", "link"):
        address = _http(urljoin(url, link.get("href") or ""))
        if address is None or urlsplit(address).netloc != host:
            continue
        label = _one_line(link.text_content()) or ""
        if "next" in (link.get("rel") or "").lower().split() or label.casefold().strip(" .…") in _NEXT_WORDS:
            next_page = next_page or address
            continue
        path = urlsplit(address).path
        if link.tag == "link" or address == url or not path.startswith(folder) or _NO_ARTICLE.search(path):
            continue
        # A headline has three words or twenty letters ("Су тасқыны басталды"); menu entries have one or two words.
        if len(label.split()) < 3 and len(label) < 20:
            continue
        page = Found(address, *_card_date(link), label)
        if address not in found or (found[address].date is None and page.date is not None):
            found[address] = page
    return Listing(tuple(found.values()), next_page)


def _card_date(link: Any) -> tuple[datetime | None, Basis | None]:
    box = link
    for _ in range(5):
        stamps = {element.get("datetime") for element in box.iter("time") if element.get("datetime")}
        if stamps:
            day = stated_date(stamps.pop()) if len(stamps) == 1 else None
            return day, "published" if day else None
        box = box.getparent()
        if box is None or len({other.get("href") for other in box.iter("a") if other.get("href")}) > 1:
            break
    return None, None


# --- Telegram preview pages -----------------------------------------------------------------------------------------

# Names of senders, forwarded people, answered people, shared contacts, and the channel's self-description (it lists
# handles): what identifies persons goes before the raw store is written (DECISIONS, "Privacy").
_AUTHOR_CLASSES: Final = (
    "tgme_widget_message_from_author", "tgme_widget_message_forwarded_from", "tgme_widget_message_author",
    "tgme_widget_message_user", "tgme_widget_message_reply", "tgme_widget_message_contact", "tgme_channel_info",
    "tgme_widget_message_via_bot", "tgme_widget_message_contact_wrap", "tgme_widget_message_voters",
)  # fmt: skip
_CHANNEL_MARKS: Final = ("tgme_channel_history", "tgme_widget_message", "tgme_main")


def parse_channel(body: bytes, url: str) -> ChannelPage:
    """Messages of `https://t.me/s/<channel>`. A page without any of the preview's marks is `UnreadableError`.

    An empty page of a channel (nothing before the asked number) is an empty `ChannelPage`.
    """
    root = _html(body)
    if root is None or not any(root.find_class(mark) for mark in _CHANNEL_MARKS):
        raise UnreadableError("no Telegram preview page: the layout has changed, or the channel has no preview")
    posts: dict[int, ChannelPost] = {}
    for node in root.iterfind(".//*[@data-post]"):
        channel, _, number = (node.get("data-post") or "").rpartition("/")
        if not channel or not number.isdecimal() or "tgme_widget_message" not in (node.get("class") or ""):
            continue
        stamp = next(
            (element.get("datetime") for element in node.iter("time") if element.get("datetime")),
            None,
        )
        texts = [element for element in node.find_class("js-message_text") if not _inside_reply(element)]
        posts[int(number)] = ChannelPost(
            channel=channel,
            number=int(number),
            url=f"https://t.me/{channel}/{int(number)}",
            published_at=stated_date(stamp),
            text_html=html.tostring(texts[-1], encoding="unicode", with_tail=False) if texts else None,
        )
    if not posts and root.find_class("tgme_widget_message_text"):
        raise UnreadableError("Telegram messages without numbers: the layout has changed")
    return ChannelPage(tuple(posts[number] for number in sorted(posts)))


def _inside_reply(element: Any) -> bool:
    return any("tgme_widget_message_reply" in (parent.get("class") or "") for parent in element.iterancestors())


def without_authors(body: bytes) -> bytes:
    """A Telegram preview page without the elements that name persons; everything else is kept."""
    root = _html(body)
    if root is None:
        return b""
    for name in _AUTHOR_CLASSES:
        for element in root.find_class(name):
            if element.getparent() is not None:
                element.drop_tree()
    for meta in root.xpath("//meta[contains(@property, 'description') or contains(@name, 'description')]"):
        meta.drop_tree()
    page: bytes = html.tostring(root, encoding="utf-8", doctype="<!DOCTYPE html>")
    return page


def channel_address(home: str, before: int | None) -> str:
    """The preview page that ends before a message number; the newest page for None."""
    return home if before is None else f"{home.partition('?')[0]}?before={before}"


def asked_before(url: str) -> int | None:
    """The number in `?before=`, None if the address has none."""
    value = parse_qs(urlsplit(url).query).get("before", [""])[0]
    return int(value) if value.isdecimal() else None


# --- merging --------------------------------------------------------------------------------------------------------


def merged(found: Iterable[Found]) -> Found:
    """One record out of all that name the same page, best informed first: a date of publication beats one of change."""
    first, *rest = found
    for other in rest:
        if other.date is not None and (first.date is None or (first.basis, other.basis) == ("modified", "published")):
            first = replace(first, date=other.date, basis=other.basis)
        if first.title is None:
            first = replace(first, title=other.title)
    return first


def belongs(url: str, entrances: Iterable[str]) -> bool:
    """True if the address is on the host of one of the source's own addresses, or on a host below or above it.

    A feed may advertise other sites; their texts are not this source's.
    """
    host = _site(url)
    return any(host == own or host.endswith("." + own) or own.endswith("." + host) for own in map(_site, entrances))


def _site(url: str) -> str:
    return urlsplit(url).netloc.lower().removeprefix("www.")


def _html(body: bytes) -> Any:
    """Parsed from bytes, so that lxml reads the page's own charset; UTF-8 where the page states none."""
    declared = re.search(rb"charset\s*=\s*[\"']?[\w-]", body[:4096], re.I)
    try:
        return html.document_fromstring(body, parser=html.HTMLParser(encoding=None if declared else "utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None


def _http(url: str) -> str | None:
    """The address without fragment, if it is http(s) and has a host."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return None
    return parts._replace(fragment="").geturl()


def _one_line(text: Any) -> str | None:
    return " ".join(str(text).split()) or None if text else None
