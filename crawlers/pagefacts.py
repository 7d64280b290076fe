"""Title, date and section of an article page, best evidence first.

What a page says to machines (JSON-LD, microdata, OpenGraph, meta) comes before what it says to readers (h1, a date in
words), and that before guesses (htmldate).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import htmldate

from crawlers.dates import almaty_day, machine_date, parse_date

# schema.org types whose headline and datePublished are those of the page's text.
_ARTICLE_TYPES: Final = frozenset({
    "Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle",
    "BackgroundNewsArticle", "BlogPosting", "LiveBlogPosting", "SocialMediaPosting",
    "AdvertiserContentArticle", "TechArticle", "Report",
})  # fmt: skip
_NESTING: Final = frozenset({"@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "item"})
_DATE_METAS: Final = (
    "article:published_time", "og:published_time", "article:published", "datepublished", "pubdate", "publishdate",
    "publish-date", "publish_date", "publication_date", "dc.date.issued", "dcterms.created", "dc.date", "sailthru.date",
    "parsely-pub-date", "mediator_published_time", "date",
)  # fmt: skip
_DATE_MARK: Final = re.compile(r".*(?:date|time|publish|күні|dateline).*")
_SEPARATOR: Final = re.compile(r"\s+(?:\||-|–|—|::|»|·|•|/)\s+")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """`published_at` is aware, in Almaty; `date_basis` is "page", or None without a date."""

    title: str | None
    published_at: datetime | None
    section: str | None
    site_name: str | None
    body: str | None  # JSON-LD articleBody, the last resort of extraction


def page_facts(tree: Any, url: str, reference: datetime | None) -> PageFacts:
    """Facts of a parsed page. `reference` is the moment of reading; without it relative dates are not understood."""
    linked = list(_articles(tree))
    metas = _metas(tree)
    site_name = metas.get("og:site_name")
    return PageFacts(
        title=_title(tree, linked, metas, site_name),
        published_at=_published(tree, linked, metas, url, reference),
        section=_one_line(metas.get("article:section") or _first_text(linked, "articleSection")),
        site_name=site_name,
        body=_first_text(linked, "articleBody"),
    )


# --- JSON-LD ----------------------------------------------------------------------------------------------------------


def _articles(tree: Any) -> Iterator[dict[str, Any]]:
    """Objects of an article type in the page's JSON-LD; broken JSON is passed over, raw line ends in it are not."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        try:
            data = json.loads(script.text_content(), strict=False)
        except (ValueError, RecursionError):
            continue
        waiting = [data]
        for _ in range(500):  # a graph of objects; more than this is no news page
            if not waiting:
                break
            node = waiting.pop(0)
            if isinstance(node, list):
                waiting += node
            elif isinstance(node, dict):
                types = node.get("@type")
                named = types if isinstance(types, list) else [types]
                if any(isinstance(kind, str) and kind in _ARTICLE_TYPES for kind in named):
                    yield node
                waiting += [value for key, value in node.items() if key in _NESTING]


def _first_text(linked: list[dict[str, Any]], key: str) -> str | None:
    return next((text for item in linked if (text := _text(item.get(key)))), None)


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, str)), None)
    return value if isinstance(value, str) and value.strip() else None


# --- meta -------------------------------------------------------------------------------------------------------------


def _metas(tree: Any) -> dict[str, str]:
    """First content of each meta name or property, names lower-cased."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (
            meta.get("property") or meta.get("name") or meta.get("itemprop") or meta.get("http-equiv") or ""
        ).lower()
        content = (meta.get("content") or "").strip()
        if name and content:
            metas.setdefault(name, content)
    return metas


# --- title ------------------------------------------------------------------------------------------------------------


def _title(tree: Any, linked: list[dict[str, Any]], metas: dict[str, str], site_name: str | None) -> str | None:
    candidates = [_text(item.get("headline")) or _text(item.get("name")) for item in linked]
    candidates += [e.get("content") or e.text_content() for e in tree.xpath("//*[@itemprop='headline']")[:1]]
    headings = tree.xpath("//h1[not(ancestor::header[not(ancestor::article)])]") or tree.xpath("//h1")
    if len(headings) == 1:
        candidates.append(headings[0].text_content())
    candidates.append(metas.get("og:title") or metas.get("twitter:title"))
    candidates.append(_out_of_title_tag(tree))
    for candidate in candidates:
        title = _one_line(candidate)
        if title and len(title) > 2 and title != site_name:
            return _without_site(title, site_name)
    return None


def _out_of_title_tag(tree: Any) -> str | None:
    """The part of `Outlet :: Headline :: Motto` that is a heading of the page too, else the longest part."""
    whole = _one_line(next((element.text_content() for element in tree.iter("title")), None))
    if whole is None:
        return None
    parts = [part for part in _SEPARATOR.split(whole) if part.strip()]
    headings = {_one_line(element.text_content()) for element in tree.iter("h1", "h2", "h3")}
    return next((part for part in [whole, *parts] if part in headings), max(parts, key=len, default=whole))


def _without_site(title: str, site_name: str | None) -> str:
    if site_name:
        head, _, tail = title.rpartition(site_name)
        if head and not tail.strip(" .-–—|»"):
            shorter = head.rstrip(" .-–—|:»·•/")
            if shorter != head.rstrip() and shorter:
                return shorter
    return title


def _one_line(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None


# --- date -------------------------------------------------------------------------------------------------------------


def _published(
    tree: Any, linked: list[dict[str, Any]], metas: dict[str, str], url: str, reference: datetime | None
) -> datetime | None:
    stamps: list[str | None] = [_text(item.get("datePublished")) for item in linked]
    stamps += [
        e.get("content") or e.get("datetime") or e.text_content()
        for e in tree.xpath("//*[@itemprop='datePublished']")[:1]
    ]
    stamps += [metas.get(name) for name in _DATE_METAS]
    days: list[datetime] = []
    for stamp in stamps:
        found = (machine_date(stamp) or parse_date(stamp, reference)) if stamp else None
        if found is not None and _has_clock(found):
            return found
        if found is not None:
            days.append(found)
    # A stated day without a clock time still beats any other day; a <time> of that day only adds the hour.
    for found in _times(tree, reference):
        if not days or almaty_day(found) == almaty_day(days[0]):
            return found
    return days[0] if days else _guess(tree, url, reference)


def _has_clock(moment: datetime) -> bool:
    return (moment.hour, moment.minute, moment.second) != (0, 0, 0)


def _times(tree: Any, reference: datetime | None) -> Iterator[datetime]:
    """<time> elements, those marked as publication first, then short date lines in words, outside of link lists."""
    times = [element for element in tree.iter("time") if not _in_link_list(element)]
    times.sort(
        key=lambda element: element.get("pubdate") is None and "publish" not in (element.get("class") or "").lower()
    )
    for element in times:
        for text in (element.get("datetime"), element.text_content()):
            if text and (found := machine_date(text) or parse_date(text, reference)):
                yield found
                break
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.tag in ("time", "meta", "body", "html"):
            continue
        mark = f"{element.get('class') or ''} {element.get('id') or ''}".strip().lower()
        if not mark or _DATE_MARK.fullmatch(mark) is None or "update" in mark or "modified" in mark:
            continue
        if _in_link_list(element):
            continue
        text = " ".join(element.text_content().split())
        if len(text) <= 80 and (found := parse_date(text, reference)):
            yield found


def _in_link_list(element: Any) -> bool:
    """Inside a link, a side column or a list of other articles, whose dates are not this page's."""
    for parent in element.iterancestors():
        if parent.tag in ("a", "aside", "nav", "footer"):
            return True
        mark = f"{parent.get('class') or ''} {parent.get('id') or ''}".lower()
        if re.search(r"related|sidebar|\blist\b|latest|popular|recommend|comment", mark):
            return True
    return False


def _guess(tree: Any, url: str, reference: datetime | None) -> datetime | None:
    """htmldate's guess at the day. The latest day allowed is an argument, or the library would look at the clock."""
    tree = deepcopy(tree)
    for stamp in [element for element in tree.iter("time") if _in_link_list(element)]:
        stamp.drop_tree()  # the guess would take the date of another article's headline
    latest = almaty_day(reference).isoformat() if reference is not None else "2100-01-01"
    try:
        day = htmldate.find_date(tree, original_date=True, extensive_search=False, url=url, max_date=latest)
    except (ValueError, TypeError, RecursionError, AttributeError):
        return None
    return machine_date(day) if day else None
