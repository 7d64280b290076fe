"""From bytes to masked articles: one page in `extract_page`, many in `ExtractorPool`, a window in `extract_window`.

Cascade of the text: trafilatura ("fast": .962 F1 at 87 pages/s a core, the exact settings .964 at 53) → resiliparse
(pages nested deeper than libxml2 goes, where trafilatura gives None) → the page's own JSON-LD articleBody.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import multiprocessing
import re
import resource
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, TimeoutError
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import trafilatura
from lxml import etree, html  # type: ignore[import-untyped,unused-ignore]
from pebble import ProcessExpired, ProcessPool
from resiliparse.extract.html2text import extract_plain_text

from crawlers.article import Article, Genre, article_id_of
from crawlers.charset import text_of
from crawlers.comments import Comment, take_comments
from crawlers.dates import ALMATY, almaty_day, almaty_iso, machine_date
from crawlers.discover import UnreadableError, parse_channel
from crawlers.layout import Window, World, whole_file
from crawlers.outcomes import Outcome
from crawlers.pagefacts import PageFacts, page_facts
from crawlers.privacy import mask
from crawlers.rawstore import FetchedPage, read_pages
from crawlers.source import Source
from crawlers.urls import AddressError, canonical

# Fewer words than these say nothing a codebook could judge. A comment of two words may still be hostile.
MIN_WORDS: Final[dict[Genre, int]] = {"news": 8, "post": 3, "comment": 2}
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LETTER: Final = re.compile(r"[^\W\d_]")
# Less than a third of letters among the visible characters: tables of figures, emoji walls, base64, mojibake.
_LETTERS_SHARE: Final = 1 / 3
_ANY_TAG: Final = re.compile(
    r"<\s*(?:!doctype|html|head|body|title|meta|div|p|article|main|span|table|h[1-6]|a|br|section)\b", re.IGNORECASE
)
_OTHER_XML: Final = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|urlset|sitemapindex|svg)\b", re.I | re.S
)
_MAGIC: Final = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x00\x00\x00")

# Furniture inside the text column. Found by class token or id; dropped only if it is small beside the page.
_FURNITURE: Final = re.compile(
    r"(?:.*[-_])?(?:cookies?|gdpr|consent|subscri\w+|newsletter|related|readmore|read-more|read-also|inset|also"
    r"|sidebar|latest|popular|recommend\w*|menu|nav|navbar|navigation|breadcrumbs?|share|sharing|social|byline|authors?"
    r"|popup|modal|banner|promo|advert\w*|tags|print|views|comments?-?title)(?:[-_].*)?"
)
_READ_ALSO: Final = re.compile(
    r"\s*(?:"
    r"(?:читайте|читать|смотрите|также читайте)\s+(?:также|ещё|еще|по теме|далее)"
    r"|(?:по теме|материалы по теме|другие новости|тақырып бойынша|related)\s*:"
    r"|(?:тағы|тағы да|сондай-ақ)\s+оқ\w+|оқи отырыңыз|оқып көріңіз"
    r"|(?:read|see) (?:also|more|next)\b)",
    re.IGNORECASE,
)
_FURNITURE_LINE: Final = re.compile(
    r".*\b(?:cookie|куки)[\w-]*\b.*(?:использу|соглас|принима|пайдалан|келіс|қолдан|\buse|accept|agree)"
    r"|.*(?:использу|пайдалан|қолдан|\buses?\b).*\b(?:cookie|куки)"
    r"|(?:.{0,40}\s)?(?:подписывайтесь|подпишитесь|жазылыңыз|follow us|subscribe to)\b.{0,160}"
    r"|.*(?:доступ\w* только (?:по подписке|подписчикам)|оформите подписку|чтобы (?:продолжить чтение|читать дальше)"
    r"|жазылым рәсімдеңіз|to continue reading|subscribers only).*"
    r"|(?:нашли|заметили) ошибку.{0,120}|қате (?:тапсаңыз|байқасаңыз).{0,120}"
    r"|(?:фото|сурет|photo|видео)\s*:.{0,80}|поделиться.{0,60}|бөлісу.{0,40}",
    re.IGNORECASE | re.DOTALL,
)
_PARAGRAPH: Final = 80  # characters; shorter ones are captions, menus, bylines
_LINE_LIMIT: Final = 400  # a longer line is a paragraph that may mention cookies for a reason

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """What a worker gets. `feed_date` is ISO 8601; `reference` the moment the page was read (aware)."""

    html: bytes
    url: str
    content_type: str | None = None
    feed_date: str | None = None
    feed_title: str | None = None
    reference: datetime | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """One page's text and facts, unmasked. `outcome` is a word of the stage; on failure `text` is None.

    `published_at` is ISO 8601 with Almaty's offset; `date_basis` page or feed. Comments carry no author.
    """

    outcome: str
    title: str | None = None
    text: str | None = None
    published_at: str | None = None
    date_basis: str | None = None
    section: str | None = None
    comments: tuple[Comment, ...] = ()


def extract_page(
    body: bytes,
    url: str,
    *,
    content_type: str | None = None,
    feed_date: str | None = None,
    feed_title: str | None = None,
    reference: datetime | None = None,
) -> Extraction:
    """Pure: the page's words and facts. Never raises on bad pages; a page that hangs is the pool's business."""
    text = text_of(body, content_type)
    if body.startswith(_MAGIC) or _OTHER_XML.match(text[:2000]) or not _ANY_TAG.search(text[:200_000]):
        return Extraction("not_html")
    # lxml reads no NUL and refuses text with an encoding declaration.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", ""), count=1)
    tree = _parsed(text)
    if tree is None:
        return Extraction("too_short")
    facts = page_facts(tree, url, reference)
    comments = take_comments(tree, reference)
    article = _article_text(tree, text, facts)
    title = facts.title or feed_title
    published_at, basis = _dated(facts, feed_date)
    outcome = text_outcome(article, "news")
    extraction = Extraction(outcome, title, None, published_at, basis, facts.section)
    if outcome != "ok":
        return extraction
    return replace(extraction, text=_without_title(article, title), comments=comments)


def text_outcome(text: str, genre: Genre) -> str:
    """`ok`, `too_short` or `not_text`."""
    visible = len("".join(text.split()))
    if visible and (len(_LETTER.findall(text)) < visible * _LETTERS_SHARE or text.count("\ufffd") > visible / 20):
        return "not_text"
    enough = next(islice(_WORD.finditer(text), MIN_WORDS[genre] - 1, None), None)
    return "ok" if enough is not None else "too_short"


def _parsed(text: str) -> Any:
    # No huge_tree: libxml2 then stops at its depth of 256, and what it lost is resiliparse's; with it, walks to the
    # root make a page of 3,000 nested boxes quadratic (4 s instead of 0.3 s).
    parser = html.HTMLParser(remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(text, parser=parser)
    except (etree.ParserError, ValueError, AssertionError):
        return None


def _dated(facts: PageFacts, feed_date: str | None) -> tuple[str | None, str | None]:
    """The page's date if it has a clock time or the feed has none; the feed's clock time beats the page's bare day."""
    fed = machine_date(feed_date) if feed_date else None
    paged = facts.published_at
    if paged is not None and (fed is None or (paged.hour, paged.minute) != (0, 0)):
        return almaty_iso(paged), "page"
    return (almaty_iso(fed), "feed") if fed is not None else (None, None)


# --- text -------------------------------------------------------------------------------------------------------------


def _article_text(tree: Any, source: str, facts: PageFacts) -> str:
    _drop_furniture(tree)
    _unfold_layout_tables(tree)
    best = ""
    for step in (_by_trafilatura, _by_resiliparse, lambda *_: _plain_body(facts.body)):
        text = _tidy(step(tree, source))
        if len(_WORD.findall(text)) >= MIN_WORDS["news"]:
            return text
        best = max(best, text, key=len)
    return best


def _by_trafilatura(tree: Any, _source: str) -> str:
    paragraphs = sum(len(text) for p in tree.iter("p") if len(text := p.text_content()) >= _PARAGRAPH)
    quick = _trafilatura(tree, fast=True)
    # Where the quick way finds a teaser only (two of 60 fundus pages), the exact one with its rivals is worth its time.
    if len(quick) >= paragraphs * 0.4:
        return quick
    return max(quick, _trafilatura(tree, fast=False), key=len)


def _trafilatura(tree: Any, *, fast: bool) -> str:
    try:
        document = trafilatura.bare_extraction(
            deepcopy(tree), fast=fast, include_comments=False, include_tables=True, with_metadata=False
        )
    except (RecursionError, ValueError, TypeError, AttributeError, etree.LxmlError):
        return ""
    return (getattr(document, "text", None) or "") if document is not None else ""


def _by_resiliparse(tree: Any, source: str) -> str:
    """From the pruned tree; from the source where the tree was cut for its depth."""
    for document in (etree.tostring(tree, encoding="unicode", method="html"), source):
        try:
            text = extract_plain_text(
                document, main_content=True, preserve_formatting=True, alt_texts=False, comments=False
            )
        except (ValueError, RecursionError, RuntimeError):
            continue
        if len(_WORD.findall(text)) >= MIN_WORDS["news"]:
            return str(text)
    return ""


def _plain_body(body: str | None) -> str:
    if not body:
        return ""
    return html.fromstring(f"<div>{body}</div>").text_content() if "<" in body else body


def _drop_furniture(tree: Any) -> None:
    body = tree.find("body")
    if body is None:
        return
    whole = len(body.text_content())
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element.tag in ("main", "article", "h1", "script"):
            continue
        if element.getparent() is None:  # gone with a furniture element around it
            continue
        marks = f"{element.get('class') or ''} {element.get('id') or ''}".lower().split()
        marked = any(_FURNITURE.fullmatch(mark) for mark in marks)
        led = not marked and element.tag in ("p", "div", "li", "blockquote", "aside", "b", "strong", "h3", "h4", "span")
        if not marked and not (led and _READ_ALSO.match(element.text or _first_words(element))):
            continue
        text = element.text_content()
        # Themes also call their columns "post-with-tags" and paragraphs "share-quote" (Wired, Rolling Stone 2024):
        # furniture is short, or made of links, and small beside the page.
        linked = sum(len(link.text_content()) for link in element.iter("a"))
        if len(text) > max(300, whole * 0.25) or (len(text) > 300 and linked < len(text) / 2):
            continue
        if element.find(".//*[@itemprop='articleBody']") is not None or element.find(".//h1") is not None:
            continue
        following = element.getnext()
        if led and text.rstrip().endswith(":") and following is not None and following.tag in ("ul", "ol", "a"):
            following.drop_tree()
        element.drop_tree()


def _unfold_layout_tables(tree: Any) -> None:
    """Tables of links are menus; those of paragraphs, headings or tables are columns of a page of 2005, not figures."""
    for table in list(tree.iter("table")):
        linked = sum(len(link.text_content()) for link in table.iter("a"))
        if linked > 0.8 * len("".join(table.text_content().split())) and table.getparent() is not None:
            table.drop_tree()
        elif any(table.find(f".//{tag}") is not None for tag in ("p", "div", "h1", "h2", "h3", "table")):
            for cell in table.iter("table", "tbody", "thead", "tr", "td", "th"):
                cell.tag = "div"


def _first_words(element: Any) -> str:
    if len(element) == 0:
        return ""
    text: str = element.text_content()[:80]
    return text if len(element) <= 6 else ""


def _tidy(text: str) -> str:
    lines: list[str] = []
    for line in (" ".join(line.split()) for line in text.splitlines()):
        bare = line.lstrip("- •")
        furniture = len(line) <= _LINE_LIMIT and (_FURNITURE_LINE.match(bare) or _READ_ALSO.match(bare))
        if line and not furniture:
            lines.append(line)
    return "\n".join(lines)


def _without_title(text: str, title: str | None) -> str:
    first, _, rest = text.partition("\n")
    return rest if title and rest and first.strip("# ").casefold() == title.casefold() else text


# --- the pool ---------------------------------------------------------------------------------------------------------


class ExtractorPool:
    """Worker processes that can be killed: a page that hangs is `timeout`, one that kills its worker `worker_died`.

    `timeout_s` counts from the moment a worker starts on the page; `memory_mb` bounds a worker's address space, so
    that a bomb ends as MemoryError or a dead worker and not as a swapping machine. Workers are forked from one clean
    server process that has imported this module, so a restart costs milliseconds.
    """

    def __init__(self, workers: int = 2, timeout_s: float = 10.0, memory_mb: int = 2048) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", "crawlers.extract"])
        self._timeout_s = timeout_s
        self._ahead = workers * 4
        self._pool = ProcessPool(workers, initializer=_bound_memory, initargs=(memory_mb,), context=context)

    def __enter__(self) -> ExtractorPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After Ctrl-C or an error nobody wants the pages still in work.
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        self._pool.join()

    def extract(self, pages: Iterable[Page]) -> Iterator[Extraction]:
        """One extraction a page, in order; only a few pages are held in memory at a time."""
        waiting: deque[Future[Extraction]] = deque()
        for page in pages:
            waiting.append(self._pool.schedule(_extract, args=(page,), timeout=self._timeout_s))
            if len(waiting) >= self._ahead:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def _bound_memory(memory_mb: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 1024 * 1024, hard))
    # trafilatura logs every page it cannot read; the outcome says it already.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)


def _extract(page: Page) -> Extraction:
    return extract_page(
        page.html,
        page.url,
        content_type=page.content_type,
        feed_date=page.feed_date,
        feed_title=page.feed_title,
        reference=page.reference,
    )


def _result(future: Future[Extraction]) -> Extraction:
    try:
        return future.result()
    except TimeoutError:
        return Extraction("timeout")
    except (ProcessExpired, MemoryError):
        return Extraction("worker_died")


# --- the filter -------------------------------------------------------------------------------------------------------


def outcome_records(requests: Iterable[tuple[str, str, str]], pool: ExtractorPool) -> Iterator[dict[str, str | None]]:
    """The filter's answers to (id, url, html_base64), in order, without `language`, which the command adds.

    Bad base64 is `{"id", "error"}`; a page that hangs or kills its worker is an outcome like any other.
    """
    waiting: deque[tuple[str, str | None]] = deque()

    def pages() -> Iterator[Page]:
        for item, url, html_base64 in requests:
            try:
                page = Page(_decoded(html_base64), url)
            except (binascii.Error, ValueError) as error:
                waiting.append((item, f"html_base64 is not base64: {error}"))
                continue
            waiting.append((item, None))
            yield page

    for extraction in pool.extract(pages()):
        while waiting[0][1] is not None:
            yield _error_record(*waiting.popleft())
        yield _record(waiting.popleft()[0], extraction)
    while waiting:
        yield _error_record(*waiting.popleft())


def _decoded(html_base64: str) -> bytes:
    # The command `base64` breaks its lines at 76 characters.
    return base64.b64decode("".join(html_base64.split()), validate=True)


def outcome_record(item: str, url: str, html_base64: str) -> dict[str, str | None]:
    """One answer of the filter, computed in this process: only for pages that cannot hang (`outcome_records` else)."""
    try:
        return _record(item, extract_page(_decoded(html_base64), url))
    except (binascii.Error, ValueError) as error:
        return _error_record(item, f"html_base64 is not base64: {error}")


def _record(item: str, extraction: Extraction) -> dict[str, str | None]:
    return {
        "id": item,
        "outcome": extraction.outcome,
        "title": extraction.title,
        "text": extraction.text,
        "published_at": extraction.published_at,
    }


def _error_record(item: str, error: str | None) -> dict[str, str | None]:
    return {"id": item, "error": error}


# --- a window ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExtractCounts:
    """What became of a source's pages, posts and comments: outcome word -> items; `texts`: articles written."""

    source_id: str
    words: Mapping[str, int]
    texts: int
    finished_before: bool = False


def extract_window(
    source: Source, world: World, window: Window, *, pool: ExtractorPool, today: date, force: bool = False
) -> ExtractCounts:
    """Read the window's raw pages into masked articles and one outcome an item; skip it if both files are there.

    `today` is the day the pages were fetched (Almaty): dates in words are read against its end, and what is dated
    after it is `future_date`. An item is a fetched article page, a post, or a comment.
    """
    articles_path = world.articles(source.source_id, window)
    outcomes_path = world.outcomes("extract", source.source_id, window)
    if not force and articles_path.is_file() and outcomes_path.is_file():
        return _finished(source, outcomes_path)
    reference = datetime.combine(today, time(23, 59, 59), ALMATY)
    pages = read_pages(world.raw(source.source_id, window), world.fetched(source.source_id, window))
    judge = _Judge(source, window, today)
    with whole_file(articles_path) as articles, whole_file(outcomes_path) as outcomes:
        texts = 0
        for article, outcome in judge.judged(pages, pool, reference):
            if article is not None:
                texts += 1
                articles.write(f"{article.to_json()}\n")
            outcomes.write(f"{outcome.to_json()}\n")
    return ExtractCounts(source.source_id, dict(sorted(judge.words.items())), texts)


def _finished(source: Source, outcomes_path: Path) -> ExtractCounts:
    words: Counter[str] = Counter()
    with outcomes_path.open(encoding="utf-8") as lines:
        for line in lines:
            words[json.loads(line)["word"]] += 1
    return ExtractCounts(source.source_id, dict(sorted(words.items())), words["ok"], finished_before=True)


class _Judge:
    """Gives each item of one source and window its outcome; remembers the ids it has seen."""

    def __init__(self, source: Source, window: Window, today: date) -> None:
        self.words: Counter[str] = Counter()
        self._source = source
        self._window = window
        self._today = today
        self._seen: set[str] = set()

    def judged(
        self, pages: Iterable[FetchedPage], pool: ExtractorPool, reference: datetime
    ) -> Iterator[tuple[Article | None, Outcome]]:
        """Article (None on failure) and outcome of every item, in order of the pages."""
        waiting: deque[FetchedPage] = deque()

        def article_pages() -> Iterator[Page]:
            for page in pages:
                waiting.append(page)
                if page.kind == "page":
                    yield Page(page.body, page.url, page.content_type, page.feed_date, page.feed_title, reference)

        for extraction in pool.extract(article_pages()):
            while waiting[0].kind != "page":
                yield from self._posts(waiting.popleft())
            yield from self._page(waiting.popleft(), extraction)
        while waiting:
            yield from self._posts(waiting.popleft())

    def _page(self, page: FetchedPage, extraction: Extraction) -> Iterator[tuple[Article | None, Outcome]]:
        address = _canonical(page.url)
        published_at = machine_date(extraction.published_at) if extraction.published_at else None
        article = Article(
            article_id=article_id_of(address),
            source_id=self._source.source_id,
            url=page.url,
            genre="news",
            text=mask(extraction.text or ""),
            title=mask(extraction.title) if extraction.title else None,
            published_at=extraction.published_at,
            date_basis=extraction.date_basis,
            home_region=self._source.home_region,
            site=self._source.site,
            section=mask(extraction.section) if extraction.section else None,
        )
        word = extraction.outcome if extraction.outcome != "ok" else self._date_word(published_at)
        said = self._said(article, word)
        yield said
        if said[0] is None or not self._source.comments:
            return
        for comment in extraction.comments:
            stamp = comment.published_at or published_at
            remark = replace(
                article,
                article_id=article_id_of(f"{address}#comment-{comment.number}"),
                url=f"{page.url.partition('#')[0]}#comment-{comment.number}",
                genre="comment",
                text=mask(comment.text),
                title=None,
                context=article.title,
                parent_id=article.article_id,
                published_at=almaty_iso(stamp) if stamp else None,
                date_basis="page" if comment.published_at else article.date_basis,
                section=None,
            )
            word = text_outcome(comment.text, "comment")
            yield self._said(remark, word if word != "ok" else self._date_word(stamp))

    def _posts(self, page: FetchedPage) -> Iterator[tuple[Article | None, Outcome]]:
        try:
            posts = parse_channel(page.body, page.url).posts
        except UnreadableError as error:
            log.warning("%s: %s: %s", self._source.source_id, page.url, error)
            yield self._outcome(article_id_of(page.url), "not_text")
            return
        for post in posts:
            item = article_id_of(post.url)
            if item in self._seen:  # the same message on two overlapping preview pages is one item
                continue
            text = post_text(post.text_html) if post.text_html else ""
            article = Article(
                article_id=item,
                source_id=self._source.source_id,
                url=post.url,
                genre="post",
                text=mask(text),
                published_at=almaty_iso(post.published_at) if post.published_at else None,
                date_basis="platform" if post.published_at else None,
                home_region=self._source.home_region,
                site=self._source.site,
            )
            word = text_outcome(text, "post")
            yield self._said(article, word if word != "ok" else self._date_word(post.published_at))

    def _date_word(self, published_at: datetime | None) -> str:
        if published_at is None:
            return "no_date"
        day = almaty_day(published_at)
        if day > self._today:
            return "future_date"
        return "ok" if self._window.first <= day <= self._window.last else "outside_window"

    def _said(self, article: Article, word: str) -> tuple[Article | None, Outcome]:
        if article.article_id in self._seen:
            word = "duplicate_url"
        self._seen.add(article.article_id)
        return (article if word == "ok" else None), self._outcome(article.article_id, word)[1]

    def _outcome(self, item: str, word: str) -> tuple[None, Outcome]:
        self.words[word] += 1
        return None, Outcome("extract", self._source.source_id, item, word)


def post_text(text_html: str) -> str:
    """The words of a Telegram message: line breaks kept, markup and emoji pictures resolved to their characters."""
    element = html.fragment_fromstring(text_html, create_parent="div")
    for line_break in element.iter("br"):
        line_break.tail = f"\n{line_break.tail or ''}"
    lines = (" ".join(line.split()) for line in element.text_content().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _canonical(url: str) -> str:
    try:
        return canonical(url)
    except AddressError:  # a redirect may end anywhere; the page was fetched, so it keeps the name it has
        return url
