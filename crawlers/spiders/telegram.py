"""Spider for public Telegram channels: pages back through `https://t.me/s/<channel>` to the window's first day.

Each page is an address of its own with its own outcome; sender and forward names go before the page is stored. A page
that fails is asked for again at the same cursor; if it stays away the crawl is not whole, nothing is published, and
the next run begins anew: no message is lost and none comes twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, Final

from scrapy import Request, Spider
from scrapy.http.request import NO_CALLBACK

from crawlers.discover import ALMATY, ChannelPage, UnreadableError, channel_address, parse_channel, without_authors
from crawlers.layout import Window
from crawlers.net import Denied, word_of_failure, word_of_status
from crawlers.settings import Limits
from crawlers.source import Source
from crawlers.spiders.ledger import Ledger, item_of

log = logging.getLogger(__name__)

ATTEMPTS: Final = 4  # a page at one cursor, waiting 1, 2, 4 × Limits.retry_wait_s in between


class TelegramSpider(Spider):  # type: ignore[misc]
    name = "telegram"

    def __init__(self, source: Source, window: Window, ledger: Ledger, limits: Limits, **facts: Any) -> None:
        super().__init__(**facts)
        self.source = source
        self.window = window
        self.ledger = ledger
        self.limits = limits

    async def start(self) -> AsyncIterator[Any]:
        try:
            await self._page_back()
        except Exception as error:
            self.ledger.defects.append(error)
        return
        yield  # Scrapy asks for an async generator; this spider needs no scheduler: each page names the next

    async def _page_back(self) -> None:
        before: int | None = None
        while True:
            url = channel_address(self.source.home, before)
            answer = await self._answer(url, before)
            if answer is None:
                return
            response, page = answer
            dated = [post.published_at.astimezone(ALMATY).date() for post in page.posts if post.published_at]
            inside = sum(self.window.first <= day <= self.window.last for day in dated)
            if inside or len(dated) < len(page.posts):
                self.ledger.keep(item_of(url), url, response, without_authors(response.body))
            else:
                self.ledger.pass_over(item_of(url), "outside_window")
            self.ledger.texts += inside
            if page.posts and not dated:
                log.warning("%s: %s has messages but no dates", self.source.source_id, url)
            if page.before is None or (dated and min(dated) < self.window.first):
                return
            before = page.before

    async def _answer(self, url: str, before: int | None) -> tuple[Any, ChannelPage] | None:
        """The page at this cursor; None when the channel's end is reached or the page stays away (then `missing`)."""
        word, reason, status = "", "", None
        for attempt in range(ATTEMPTS):
            if attempt:
                wait_s = self.limits.retry_wait_s * 2 ** (attempt - 1)
                log.warning("%s: %s: %s; asking again in %.0f s", self.source.source_id, url, reason, wait_s)
                await asyncio.sleep(wait_s)
            try:
                response = await self.crawler.engine.download_async(
                    Request(url, callback=NO_CALLBACK, dont_filter=True)
                )
                status = response.status
                word, reason = word_of_status(status), f"status {status}"
                if word == "fetched":
                    page = parse_channel(response.body, response.url)
                    if before is None or all(post.number < before for post in page.posts):
                        self.ledger.entrances[self.source.home] = "fetched"
                        return response, page
                    word, reason = "unreadable", f"the cursor went back: messages from {before} on again"
            except UnreadableError as error:
                word, reason = "unreadable", str(error)
                if before is None:
                    break  # the newest page without the preview's marks: waiting will not change a layout
            except Exception as error:
                word, reason = word_of_failure(error), str(error) or type(error).__name__
                if isinstance(error, Denied):
                    break
            if word in ("blocked", "denied", "gone", "over_budget", "too_large"):
                break
        self.ledger.entrances[self.source.home] = word
        self.ledger.missing = f"{url}: {reason}"
        if word != "unreadable":
            self.ledger.fail(item_of(url), url, word, status)
        return None
