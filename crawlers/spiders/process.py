"""One crawl in this process: Scrapy's reactor starts once and cannot start again, so a process is one source's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from crawlers.article import Genre
from crawlers.crawl import CrawlError, FetchCounts
from crawlers.layout import Window, World, whole_file
from crawlers.net import AddressGuard
from crawlers.rawstore import PageKind, RawStore
from crawlers.settings import Limits, scrapy_settings
from crawlers.source import Source
from crawlers.spiders.ledger import Ledger
from crawlers.spiders.telegram import TelegramSpider
from crawlers.spiders.web import WebSpider

log = logging.getLogger(__name__)

SPIDERS: Final = {"web": WebSpider, "telegram": TelegramSpider}


class InterruptionError(Exception):
    """A signal ended the crawl; nothing was published."""


def fetch_window(
    source: Source,
    world: World,
    window: Window,
    *,
    guard: AddressGuard,
    limits: Limits,
    contact: str,
    clock: Callable[[], datetime],
    orphaned: Callable[[], bool],
) -> FetchCounts:
    """Fetch a source's window into raw store, outcomes and fetch log; all three appear, or none.

    The fetch log comes last: its presence says that the window is whole. `orphaned` is asked every second; once it is
    true (whoever started this is gone) the crawl stops as if interrupted.
    """
    raw, fetched = world.raw(source.source_id, window), world.fetched(source.source_id, window)
    outcomes = world.outcomes("fetch", source.source_id, window)
    for path in (raw, fetched, outcomes):
        _remove_parts(path)
    with whole_file(raw, "wb") as warc:
        genre: Genre = "post" if source.kind == "telegram" else "news"
        kind: PageKind = "channel" if source.kind == "telegram" else "page"
        ledger = Ledger(source.source_id, genre, kind, RawStore(warc, clock))
        reason = _run(source, window, ledger, limits, scrapy_settings(guard, limits, contact), orphaned)
        if reason == "shutdown":
            raise InterruptionError
        if ledger.defects:
            raise ledger.defects[0]
        if ledger.missing is not None:
            raise CrawlError(f"{source.source_id}: the crawl is not whole: {ledger.missing}")
        counts = FetchCounts(source.source_id, ledger.words(), ledger.texts)
        if ledger.texts < source.at_least:
            raise CrawlError(
                f"{source.source_id}: {ledger.texts} texts in {window}, at least {source.at_least} expected "
                f"({counts.tally()}); check the source's addresses, or lower at_least in its file"
            )
        fetched.unlink(missing_ok=True)  # from here until the new log stands, the window is not whole
    _write_lines(outcomes, (outcome.to_json() for outcome in ledger.outcomes()))
    _write_lines(fetched, (line.to_json() for line in ledger.lines()))
    log.info("%s: %s in %s", source.source_id, counts.tally(), window)
    return counts


def _run(
    source: Source,
    window: Window,
    ledger: Ledger,
    limits: Limits,
    settings: dict[str, Any],
    orphaned: Callable[[], bool],
) -> str:
    """Run the spider to its end; returns Scrapy's reason for the end."""
    logging.disable(logging.WARNING)  # a page of versions and settings for each source
    process = AsyncCrawlerProcess(settings)
    logging.disable(logging.NOTSET)
    logging.getLogger("scrapy").setLevel(logging.ERROR)  # Scrapy's own set-up sets DEBUG: a line for each request
    crawler = process.create_crawler(SPIDERS[source.kind])
    reasons: list[str] = []

    def note_reason(reason: str) -> None:
        reasons.append(reason)

    def note_defect(failure: Any) -> None:
        ledger.defects.append(failure.value)

    async def watch() -> None:
        while not orphaned():
            await asyncio.sleep(1)
        log.error("%s: whoever started this crawl is gone", source.source_id)
        await process.stop()

    watching: list[asyncio.Task[None]] = []

    def start_watch() -> None:
        watching.append(asyncio.ensure_future(watch()))

    crawler.signals.connect(start_watch, signal=signals.engine_started)
    crawler.signals.connect(note_reason, signal=signals.spider_closed)
    crawler.signals.connect(note_defect, signal=signals.spider_error)
    crawl = process.crawl(crawler, source=source, window=window, ledger=ledger, limits=limits)
    process.start()
    if crawl.done() and not crawl.cancelled() and (error := crawl.exception()) is not None:
        raise error
    return reasons[-1] if reasons else "shutdown"


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with whole_file(path) as handle:
        handle.writelines(line + "\n" for line in lines)


def _remove_parts(path: Path) -> None:
    """What a killed run left of this window."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        part.unlink(missing_ok=True)
