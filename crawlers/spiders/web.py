"""Spider for outlets on the web: feeds, sitemaps and listings say which pages there are, then the pages are fetched.

Two phases, so that a page named by several of them is asked for once, with the best date and title of all.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

from scrapy import Request, Spider
from scrapy.exceptions import CloseSpider
from scrapy.http.request import NO_CALLBACK

from crawlers.discover import Found, UnreadableError, belongs, merged, outside, parse_feed, parse_listing, parse_sitemap
from crawlers.layout import Window
from crawlers.net import word_of_failure, word_of_status
from crawlers.settings import Limits
from crawlers.source import Source
from crawlers.spiders.ledger import Ledger, item_of

log = logging.getLogger(__name__)
_T = TypeVar("_T")

SITEMAP_DEPTH: Final = 3  # an index of indexes exists in the wild; deeper is a loop
SITEMAP_FILES: Final = 400  # nur.kz: one file a month and rubric since 2009
LISTING_PAGES: Final = 40  # further pages of one listing
ADDRESSES: Final = 200_000  # discovered addresses a run: about 100 MB of ledger; more is a trap


class WebSpider(Spider):  # type: ignore[misc]
    name = "web"

    def __init__(self, source: Source, window: Window, ledger: Ledger, limits: Limits, **facts: Any) -> None:
        super().__init__(**facts)
        self.source = source
        self.window = window
        self.ledger = ledger
        self.limits = limits
        self.waiting: list[str] = []  # items asked for, to be settled when time runs out

    async def start(self) -> AsyncIterator[Any]:
        try:
            for item, found in self._settled(await self._discovered()):
                yield Request(
                    found.url,
                    callback=self.page,
                    errback=self.lost,
                    dont_filter=True,
                    cb_kwargs={"item": item, "found": found},
                )
        except Exception as error:
            self.ledger.defects.append(error)

    # --- phase one: which pages are there ---

    async def _discovered(self) -> dict[str, list[Found]]:
        """Everything found, by item, the best informed entrance first."""
        found: dict[str, list[Found]] = {}

        def add(pages: tuple[Found, ...]) -> None:
            for page in pages:
                if len(found) < ADDRESSES:
                    found.setdefault(item_of(page.url), []).append(page)

        for url in self.source.feeds:
            add(await self._entrance(url, parse_feed) or ())
        await self._walk_sitemaps(add)
        for url in self.source.listings:
            await self._walk_listing(url, add)
        if len(found) >= ADDRESSES:
            log.warning("%s: more than %d addresses; the rest is left alone", self.source.source_id, ADDRESSES)
        if not any(word == "fetched" for word in self.ledger.entrances.values()):
            tally = "; ".join(f"{url}: {word}" for url, word in self.ledger.entrances.items())
            self.ledger.missing = f"no feed, sitemap or listing could be read ({tally})"
        return found

    async def _walk_sitemaps(self, add: Callable[[tuple[Found, ...]], None]) -> None:
        queue = [(url, 1) for url in self.source.sitemaps]
        known = set(self.source.sitemaps)
        while queue and len(known) <= SITEMAP_FILES:
            url, depth = queue.pop(0)
            sitemap = await self._entrance(url, parse_sitemap)
            if sitemap is None:
                continue
            add(sitemap.pages)
            for child in sorted(sitemap.sitemaps, key=lambda child: str(child.date or ""), reverse=True):
                if child.url in known or outside(child, self.window.first, self.window.last):
                    continue
                if depth < SITEMAP_DEPTH and self._own(child.url):
                    known.add(child.url)
                    queue.append((child.url, depth + 1))

    async def _walk_listing(self, url: str, add: Callable[[tuple[Found, ...]], None]) -> None:
        next_page: str | None = url
        known: set[str] = set()
        while next_page and next_page not in known and len(known) < LISTING_PAGES and self._own(next_page):
            known.add(next_page)
            listing = await self._entrance(next_page, parse_listing)
            if listing is None:
                return
            add(listing.pages)
            dates = [page.date for page in listing.pages]
            if dates and all(
                page.date is not None and outside(page, self.window.first, page.date.date()) for page in listing.pages
            ):
                return  # everything here is older than the window, so is what follows
            next_page = listing.next_page

    async def _entrance(self, url: str, parse: Callable[[bytes, str], _T]) -> _T | None:
        """One feed, sitemap or listing, read; None and a warning if it cannot be."""
        try:
            response = await self.crawler.engine.download_async(Request(url, callback=NO_CALLBACK, dont_filter=True))
            word, reason = word_of_status(response.status), f"status {response.status}"
        except Exception as error:
            word, reason = word_of_failure(error), str(error)
        if word == "fetched":
            try:
                parsed = parse(response.body, response.url)
                self.ledger.entrances[url] = word
                return parsed
            except UnreadableError as error:
                word, reason = "unreadable", str(error)
        self.ledger.entrances[url] = word
        log.warning("%s: %s is %s (%s)", self.source.source_id, url, word, reason)
        return None

    def _own(self, url: str) -> bool:
        return belongs(url, (self.source.home, *self.source.feeds, *self.source.sitemaps, *self.source.listings))

    # --- phase two: the pages ---

    def _settled(self, found: dict[str, list[Found]]) -> list[tuple[str, Found]]:
        """What to ask for, newest first; everything else gets its outcome here."""
        wanted: list[tuple[str, Found]] = []
        for item, records in found.items():
            page = merged(records)
            if not self._own(page.url):
                self.ledger.pass_over(item, "elsewhere")
            elif outside(page, self.window.first, self.window.last):
                self.ledger.pass_over(item, "outside_window")
            else:
                wanted.append((item, page))
        wanted.sort(key=lambda pair: (-(pair[1].date.timestamp() if pair[1].date else 0.0), pair[1].url))
        for item, _ in wanted[self.limits.budget_per_host :]:
            self.ledger.pass_over(item, "over_budget")
        wanted = wanted[: self.limits.budget_per_host]
        self.waiting = [item for item, _ in wanted]
        log.info("%s: %d addresses found, %d to fetch", self.source.source_id, len(found), len(wanted))
        return wanted

    def page(self, response: Any, item: str, found: Found) -> None:
        word = word_of_status(response.status)
        if word != "fetched":
            self.ledger.fail(item, found.url, word, response.status, response.url)
            return
        try:
            published = found.date if found.basis == "published" else None
            self.ledger.keep(item, found.url, response, response.body, feed_date=published, feed_title=found.title)
        except OSError as error:  # a full disk stays full: stop asking
            self.ledger.defects.append(error)
            raise CloseSpider("raw store") from error
        self.ledger.texts += 1
        if self.ledger.texts % 100 == 0:
            log.info("%s: %d of %d pages", self.source.source_id, self.ledger.texts, len(self.waiting))

    def lost(self, failure: Any) -> None:
        facts = failure.request.cb_kwargs
        self.ledger.fail(facts["item"], facts["found"].url, word_of_failure(failure.value))

    def closed(self, reason: str) -> None:
        """Out of time: what was not reached waits for the next run."""
        if reason == "closespider_timeout":
            for item in self.ledger.unsettled(self.waiting):
                self.ledger.pass_over(item, "over_budget")
