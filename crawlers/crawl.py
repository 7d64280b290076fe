"""Fetch one source's window, and extract what was fetched, each in a process of its own.

This module imports neither Scrapy nor the extractors, so asking is cheap and a finished window costs no process.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from crawlers.layout import Window, World
from crawlers.source import Source

log = logging.getLogger(__name__)


class CrawlError(RuntimeError):
    """A crawl that brought less than it must; the message says what, where, and the way out."""


@dataclass(frozen=True, slots=True)
class FetchCounts:
    """What became of a source's discovered addresses: outcome word -> addresses. `texts` are pages, or posts."""

    source_id: str
    words: Mapping[str, int]
    texts: int
    finished_before: bool = False

    def tally(self) -> str:
        return ", ".join(f"{number} {word}" for word, number in self.words.items()) or "no addresses"


def finished(source_id: str, world: World, window: Window) -> bool:
    """True if an earlier run fetched this window whole: the fetch log is the last file to appear."""
    return all(
        path.is_file()
        for path in (
            world.fetched(source_id, window),
            world.outcomes("fetch", source_id, window),
            world.raw(source_id, window),
        )
    )


def crawl_source(
    source: Source,
    world: World,
    window: Window,
    *,
    loopback_allowed: frozenset[tuple[str, int]] = frozenset(),
    resolve_hosts: Mapping[str, str] | None = None,
    contact: str | None = None,
    limits: Mapping[str, float] | None = None,
    force: bool = False,
) -> FetchCounts:
    """Fetch the window unless it is there; raises `CrawlError` below the source's `at_least` or if nothing is readable.

    `loopback_allowed` are the (host, port) pairs of this machine that may be asked, for the sample and tests: no delay
    there, and no other private address becomes reachable. `resolve_hosts` pins names to addresses (judged like DNS
    answers). `contact` stands in the user agent; without it only loopback is crawled, unless SHANYRAQ_CONTACT is set.
    `limits` overrides fields of `crawlers.settings.Limits`.
    """
    if source.kind == "archive":
        raise CrawlError(f"{source.source_id}: an archive is imported, not crawled; see crawlers/archive.py")
    if not force and finished(source.source_id, world, window):
        return _counts_of_finished(source, world, window)
    command = [sys.executable, "-m", "crawlers", "fetch"]
    command += ["--root", str(world.root), "--world", world.name, "--window", str(window)]
    for host, port in sorted(loopback_allowed):
        command += ["--loopback", f"{host}:{port}"]
    for name, address in sorted((resolve_hosts or {}).items()):
        command += ["--resolve", f"{name}={address}"]
    if contact:
        command += ["--contact", contact]
    if limits:
        command += ["--limits", json.dumps(dict(limits))]
    answer = _ask(command, json.dumps(asdict(source)), source.source_id)
    return FetchCounts(source.source_id, answer["words"], answer["texts"])


def extract_windows(
    pairs: Sequence[tuple[Source, Window]], world: World, *, today: date, force: bool = False
) -> dict[str, int]:
    """Extract the fetched windows that have no articles yet (`force`: all); outcome word -> items.

    A process of its own also because killable workers begin by importing their parent's main module, and under a
    scheduler that is the scheduler's.
    """
    waiting = [
        (source, window)
        for source, window in pairs
        if force
        or not world.articles(source.source_id, window).is_file()
        or not world.outcomes("extract", source.source_id, window).is_file()
    ]
    if not waiting:
        return {}
    command = [sys.executable, "-m", "crawlers", "extract"]
    command += ["--root", str(world.root), "--world", world.name, "--today", today.isoformat()]
    command += ["--force"] if force else []
    request = json.dumps([[asdict(source), str(window)] for source, window in waiting])
    words: dict[str, int] = _ask(command, request, "extracting")["words"]
    return words


def _ask(command: list[str], request: str, name: str) -> dict[str, Any]:
    """Run a process: the request on its stdin, log lines on its stderr as they come, one JSON answer on stdout."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        last = ""
        try:
            process.stdin.write(request)
            process.stdin.close()
            for line in process.stderr:
                last = line.rstrip()
                log.info("%s", last)
            answer = process.stdout.read()
        except BaseException:
            # Ctrl-C or a task being stopped: the child ends without publishing, and is not left behind
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    try:
        record: dict[str, Any] = json.loads(answer)
    except ValueError:
        raise CrawlError(
            f"{name}: the process ended with code {process.returncode} and no answer ({last}); "
            "nothing was published, run it again"
        ) from None
    if "error" in record:
        raise CrawlError(record["error"])
    return record


def _counts_of_finished(source: Source, world: World, window: Window) -> FetchCounts:
    words: Counter[str] = Counter()
    with world.outcomes("fetch", source.source_id, window).open(encoding="utf-8") as lines:
        for line in lines:
            words[json.loads(line)["word"]] += 1
    return FetchCounts(source.source_id, dict(sorted(words.items())), words["fetched"], finished_before=True)
