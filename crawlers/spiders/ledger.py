"""The ledger of one crawl: every discovered address once, with its one outcome, and what the raw store holds of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from crawlers.article import Genre, article_id_of
from crawlers.discover import ALMATY
from crawlers.outcomes import Outcome
from crawlers.rawstore import FetchLine, PageKind, RawStore
from crawlers.urls import canonical


def item_of(url: str) -> str:
    """The id of an address in outcomes: the same hash that becomes the article id."""
    return article_id_of(canonical(url))


class Ledger:
    """Outcomes and fetch lines of a crawl. Saying two things about one address is a defect and raises."""

    def __init__(self, source_id: str, genre: Genre, kind: PageKind, store: RawStore) -> None:
        self.source_id = source_id
        self.entrances: dict[str, str] = {}  # feed, sitemap, listing, channel -> what became of it
        self.defects: list[BaseException] = []  # errors of ours: the crawl is not whole
        self.missing: str | None = None  # why a crawl that ended by itself is not whole
        self.texts = 0  # pages, or posts of the window
        self._genre: Genre = genre
        self._kind: PageKind = kind
        self._store = store
        self._words: dict[str, str] = {}
        self._lines: list[FetchLine] = []

    def pass_over(self, item: str, word: str) -> None:
        """An address that is not asked for: outside the window, elsewhere, over budget."""
        if item in self._words:
            raise RuntimeError(f"address {item} has outcome {self._words[item]} already, not {word}")
        self._words[item] = word

    def fail(self, item: str, asked: str, word: str, status: int | None = None, url: str | None = None) -> None:
        """An address that was asked for and brought nothing."""
        self.pass_over(item, word)
        self._lines.append(FetchLine(item, word, self._kind, asked, url or asked, self._genre, status))

    def keep(
        self,
        item: str,
        asked: str,
        response: Any,
        body: bytes,
        *,
        feed_date: datetime | None = None,
        feed_title: str | None = None,
    ) -> None:
        """Store a Scrapy response (with `body` in place of its own) and note it as fetched."""
        self.pass_over(item, "fetched")
        digest, offset = self._store.add(
            response.url, response.status, _pairs(response.headers), body, _pairs(response.request.headers)
        )
        self._lines.append(
            FetchLine(
                item,
                "fetched",
                self._kind,
                asked,
                response.url,
                self._genre,
                response.status,
                (response.headers.get("Content-Type") or b"").decode("latin-1") or None,
                digest,
                offset,
                feed_date.astimezone(ALMATY).isoformat() if feed_date else None,
                feed_title,
            )
        )

    def lines(self) -> Iterator[FetchLine]:
        """Fetch lines in order of address, so that the order of arrival leaves no trace."""
        return iter(sorted(self._lines, key=lambda line: (line.asked, line.item)))

    def outcomes(self) -> Iterator[Outcome]:
        for item, word in sorted(self._words.items()):
            yield Outcome("fetch", self.source_id, item, word)

    def words(self) -> dict[str, int]:
        return dict(sorted(Counter(self._words.values()).items()))

    def unsettled(self, items: Iterable[str]) -> list[str]:
        """Those of the items that have no outcome yet."""
        return [item for item in items if item not in self._words]


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]
