"""The edge of the crawlers: `python -m crawlers fetch …` is one source's fetch process, started by `crawl_source`;
`python -m crawlers extract …` is the process that owns the killable workers, started by `extract_windows`.

What to work on comes as JSON on stdin, the log goes to stderr, one JSON answer to stdout: counts, or `{"error": …}`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from crawlers.layout import Window, World
from crawlers.source import Source


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("twisted", "asyncio", "py.warnings"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    answer, code = _fetch(arguments) if arguments.command == "fetch" else _extract(arguments)
    logging.info("%s process: peak memory %.0f MB", arguments.command, _peak_mb())
    print(json.dumps(answer, ensure_ascii=False))
    return code


def _fetch(arguments: argparse.Namespace) -> tuple[dict[str, object], int]:
    from crawlers.crawl import CrawlError  # noqa: PLC0415 - Scrapy's import is paid by this process only
    from crawlers.net import AddressGuard  # noqa: PLC0415
    from crawlers.settings import Limits  # noqa: PLC0415
    from crawlers.spiders.process import InterruptionError, fetch_window  # noqa: PLC0415

    source = _source(json.load(sys.stdin))
    loopback = frozenset((host, int(port)) for host, _, port in (pair.rpartition(":") for pair in arguments.loopback))
    contact = arguments.contact or os.environ.get("SHANYRAQ_CONTACT", "")
    if not contact and not loopback:
        return {"error": f"{source.source_id}: set SHANYRAQ_CONTACT to a mail or web address before crawling: "
                         "webmasters must be able to reach you"}, 1  # fmt: skip
    parent = os.getppid()
    try:
        counts = fetch_window(
            source,
            World(arguments.root, arguments.world),
            Window.parse(arguments.window),
            guard=AddressGuard(loopback, dict(pair.split("=", 1) for pair in arguments.resolve)),
            limits=Limits(**json.loads(arguments.limits)),
            contact=contact or "sample, fictional",
            clock=lambda: datetime.now(UTC),
            orphaned=lambda: os.getppid() != parent,
        )
    except CrawlError as error:
        return {"error": str(error)}, 1
    except OSError as error:
        return {"error": f"{source.source_id}: {_refusal(error, arguments.root)}"}, 1
    except (InterruptionError, KeyboardInterrupt):
        return {"error": f"{source.source_id}: interrupted; nothing was published, run it again"}, 130
    return {"words": dict(counts.words), "texts": counts.texts}, 0


def _extract(arguments: argparse.Namespace) -> tuple[dict[str, object], int]:
    from crawlers.extract import ExtractorPool, extract_window  # noqa: PLC0415 - the extractors' import is paid here

    words: Counter[str] = Counter()
    today = date.fromisoformat(arguments.today)
    world = World(arguments.root, arguments.world)
    try:
        with ExtractorPool(workers=os.cpu_count() or 1) as pool:
            for record, window in json.load(sys.stdin):
                source = _source(record)
                counts = extract_window(
                    source, world, Window.parse(window), pool=pool, today=today, force=arguments.force
                )
                logging.info("extract %s %s: %d texts", source.source_id, window, counts.texts)
                words.update(counts.words)
    except OSError as error:
        return {"error": f"extracting: {_refusal(error, arguments.root)}"}, 1
    except KeyboardInterrupt:
        return {"error": "extracting: interrupted; finished sources are kept, run it again"}, 130
    return {"words": dict(sorted(words.items()))}, 0


def _refusal(error: OSError, root: Path) -> str:
    where = error.filename or root
    return f"{error.strerror or error} ({where}); free space or rights under {root}, then run again"


def _source(record: dict[str, Any]) -> Source:
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in record.items()}
    return Source(**values)


def _peak_mb() -> float:
    """Most memory held by this process. getrusage would also count the parent's, whose image a spawned child shares."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m crawlers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="fetch one source's window; the source as JSON on stdin")
    fetch.add_argument("--root", type=Path, required=True, help="data folder")
    fetch.add_argument("--world", required=True)
    fetch.add_argument("--window", required=True, help="FIRST_LAST, days in Almaty")
    fetch.add_argument("--loopback", action="append", default=[], metavar="HOST:PORT", help="loopback pair to allow")
    fetch.add_argument("--resolve", action="append", default=[], metavar="NAME=IP", help="answer of a name, for tests")
    fetch.add_argument("--contact", default="", help="mail or web address for the user agent")
    fetch.add_argument("--limits", default="{}", help="fields of crawlers.settings.Limits as JSON")
    extract = commands.add_parser("extract", help="extract fetched windows; [[source, window], …] as JSON on stdin")
    extract.add_argument("--root", type=Path, required=True, help="data folder")
    extract.add_argument("--world", required=True)
    extract.add_argument("--today", required=True, help="the day that dates in words are read against")
    extract.add_argument("--force", action="store_true", help="extract finished windows again")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
