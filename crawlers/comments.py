"""Public comment blocks of article pages: found, read, and taken out of the page.

Known by schema.org/Comment microdata and by the class names that WordPress, DataLife Engine, Bitrix and most home-made
sites use. A commenter's name, picture and profile link are never read: only elements that hold the words of a comment
are, and name-like parts inside them are dropped. A block in which the words cannot be told from the name is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from crawlers.dates import machine_date, parse_date


@dataclass(frozen=True, slots=True)
class Comment:
    """`number` is the page's own for the comment, or its place (1, 2, …); `published_at` is aware or None."""

    number: int
    text: str
    published_at: datetime | None


# Class tokens and ids, lower-cased. `comm-` is DataLife Engine's, `commentlist` WordPress's, `pikir` is Kazakh.
_WORD: Final = r"(?:comments?|comm|pikir(?:ler)?|disqus|otzyv)"
_ITEM_CLASS: Final = re.compile(
    rf"comment|{_WORD}[-_]{{1,2}}(?:item|single|wrap|block|body|row|one)|single-comment|byuser"
)
_ITEM_ID: Final = re.compile(r"(?:div-|li-)?comment(?:-id)?[-_]?(\d+)")
_WORDS_CLASS: Final = re.compile(
    rf"{_WORD}[-_]{{1,2}}(?:text|content|message|msg|entry|txt|body[-_]{{1,2}}text|description)|commenttext|comment-body__text"
)
_WORDS_PROPERTY: Final = frozenset({"text", "commenttext"})
_BLOCK: Final = re.compile(
    r"(?:dle-)?(?:comments|pikirler)(?:[-_]{1,2}(?:list|area|block|section|wrap|wrapper|container|items|tree|inner|form))?"
    r"|comment-?list|comment[-_](?:respond|form|area|list|section|block)|respond|disqus_thread|hypercomments_widget|vk_comments"
)
_NOT_WORDS: Final = re.compile(
    r".*(?:author|user|nick|avatar|\bname|date|time|meta|reply|action|like|vote|rating|report|share|button|mention).*|fn|vcard|url"
)
_COMMENT_TYPES: Final = ("schema.org/comment", "schema.org/usercomments")
_LONGEST: Final = 20_000  # characters; a comment longer than that is a page caught by mistake


def take_comments(tree: Any, reference: datetime | None) -> tuple[Comment, ...]:
    """All comments of a parsed page in its order; the blocks they stood in are removed from `tree`.

    `reference` is the moment of reading, for dates such as "кеше, 21:07".
    """
    found: dict[int, Comment] = {}
    for place, element in enumerate(_words_elements(tree), start=1):
        text = _words_of(element)
        if not text or len(text) > _LONGEST:
            continue
        number, date = _facts(element, reference)
        if number is None or number in found:
            number = next(free for free in range(place, place + len(found) + 1) if free not in found)
        found[number] = Comment(number, text, date)
    _remove_blocks(tree)
    return tuple(found.values())


def _marks(element: Any) -> list[str]:
    """Class tokens and id of an element, lower-cased."""
    return f"{element.get('class') or ''} {element.get('id') or ''}".lower().split()


def _elements(tree: Any) -> Iterator[Any]:
    return (element for element in tree.iter() if isinstance(element.tag, str))


def _is_item(element: Any) -> bool:
    kind = (element.get("itemtype") or "").lower()
    return (
        any(name in kind for name in _COMMENT_TYPES)
        or "comment" in (element.get("itemprop") or "").lower().split()
        or _ITEM_ID.fullmatch((element.get("id") or "").lower()) is not None
        or any(_ITEM_CLASS.fullmatch(token) for token in (element.get("class") or "").lower().split())
    )


def _words_elements(tree: Any) -> Iterator[Any]:
    """The elements that hold the words, one a comment, in document order."""
    items = [element for element in _elements(tree) if element.tag not in ("html", "body") and _is_item(element)]
    seen: set[Any] = set()
    for item in items:
        inner = [other for other in _elements(item) if other is not item and _holds_words(other)]
        # Without an element of its own the words stand in bare paragraphs; anything looser could be a name.
        if not inner and not any(_is_item(other) for other in _elements(item) if other is not item):
            inner = [item] if item.find("p") is not None else []
        for element in inner:
            if element in seen or any(parent in seen for parent in element.iterancestors()):
                continue
            seen.add(element)
            yield element


def _holds_words(element: Any) -> bool:
    return any(_WORDS_CLASS.fullmatch(token) for token in (element.get("class") or "").lower().split()) or (
        (element.get("itemprop") or "").lower() in _WORDS_PROPERTY
    )


def _words_of(element: Any) -> str:
    """The words without anything that looks like a name, a date or a button."""
    bare_item = _is_item(element) and not _holds_words(element)
    element = deepcopy(element)
    element.tail = None
    for inner in list(_elements(element)):
        if inner is element or inner.getparent() is None:
            continue
        marked = any(_NOT_WORDS.fullmatch(token) for token in _marks(inner))
        profile = inner.tag == "a" and re.search(
            r"/(?:users?|profile|author|member|id)\b", inner.get("href") or "", re.I
        )
        person = "schema.org/person" in (inner.get("itemtype") or "").lower() or inner.get("itemprop") == "author"
        furniture = inner.tag in ("script", "style", "button", "form", "header", "footer", "time", "cite", "img")
        if marked or profile or person or furniture:
            inner.drop_tree()
    if bare_item:
        return " ".join(" ".join(paragraph.text_content().split()) for paragraph in element.iterfind("p")).strip()
    for line_break in element.iter("br", "p"):
        line_break.tail = f"\n{line_break.tail or ''}"
    lines = (" ".join(line.split()) for line in element.text_content().splitlines())
    return "\n".join(line for line in lines if line)


def _facts(element: Any, reference: datetime | None) -> tuple[int | None, datetime | None]:
    """Number and date from the nearest elements around the words that are one comment's alone."""
    number: int | None = None
    date: datetime | None = None
    around = element
    while around is not None and around.tag not in ("body", "html"):
        if around is not element and sum(1 for other in _elements(around) if _holds_words(other)) > 1:
            # An item with answers below it: its own facts come before the first answer, so only direct ones count.
            if number is None and _is_item(around):
                number = _number(around)
            break
        number = number if number is not None else _number(around)
        date = date if date is not None else _date(around, reference)
        around = around.getparent()
    return number, date


def _number(element: Any) -> int | None:
    match = _ITEM_ID.fullmatch((element.get("id") or "").lower())
    digits = match[1] if match else element.get("data-comment-id") or element.get("data-id") or ""
    return int(digits) if digits.isdecimal() and len(digits) < 16 else None


def _date(element: Any, reference: datetime | None) -> datetime | None:
    for inner in _elements(element):
        stamp = inner.get("datetime") or (
            inner.get("content") if "date" in (inner.get("itemprop") or "").lower() else None
        )
        if stamp and (found := machine_date(stamp) or parse_date(stamp, reference)):
            return found
        if any("date" in token or "time" in token for token in _marks(inner)):
            text = " ".join(inner.text_content().split())
            if len(text) <= 60 and (found := parse_date(text, reference)):
                return found
    return None


def _remove_blocks(tree: Any) -> None:
    """Comment lists, their forms and headings; never what holds the article itself."""
    for element in list(_elements(tree)):
        if element.tag in ("html", "body", "main") or element.getparent() is None:
            continue
        if not (_is_item(element) or any(_BLOCK.fullmatch(mark) for mark in _marks(element))):
            continue
        if element.find(".//h1") is None and element.find(".//*[@itemprop='articleBody']") is None:
            element.drop_tree()
