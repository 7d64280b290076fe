"""`python -m reports`: write an issue, build the site, send the outbox, print the methodology."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from crawlers.layout import World
from reports.issue import LANGUAGES, ReportError
from reports.mail import SmtpSettings, put_in_outbox, send_outbox, write_issue
from reports.methodology import methodology_markdown
from reports.site import build_site
from reports.weekly import compose_issues


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    parser.add_argument("step", choices=("issue", "site", "send", "method"))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SHANYRAQ_DATA", "data")))
    parser.add_argument("--world", default="sample")
    parser.add_argument("--week", help="ISO week, 2026-W22; without it the last one of the warehouse")
    parser.add_argument("--language", choices=LANGUAGES, default="ru", help="of the mail that goes to the outbox")
    parser.add_argument("--smtp", metavar="HOST:PORT", default="localhost:25")
    parser.add_argument("--security", choices=("starttls", "tls", "none"), default="starttls")
    parser.add_argument("--to", action="append", default=[], metavar="ADDRESS")
    asked = parser.parse_args(arguments)
    world = World(asked.data, asked.world)
    try:
        return _run(world, asked)
    except (ReportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(world: World, asked: argparse.Namespace) -> int:
    if asked.step == "method":
        print(methodology_markdown(), end="")
        return 0
    if asked.step == "send":
        host, _, port = asked.smtp.partition(":")
        settings = SmtpSettings(host, int(port or 25), tuple(asked.to), security=asked.security)
        sending = send_outbox(world, settings)
        print(f"sent {sending.sent}, sent before {sending.already_sent}, failed {sending.failed}, "
              f"uncertain {sending.uncertain}")  # fmt: skip
        print(*sending.problems, sep="\n", file=sys.stderr)
        return 1 if sending.problems else 0
    issues = compose_issues(world.warehouse)
    if asked.step == "site":
        written = build_site(world.warehouse, world.site, issues=issues)
        print(f"{world.site}/index.html: {written.pages} pages, {written.charts} charts, {written.size_bytes:,} bytes")
        return 0
    week = asked.week or issues[-1].week
    for path in write_issue(world, week, LANGUAGES):
        print(path)
    print(put_in_outbox(world, week, asked.language))
    return 0


if __name__ == "__main__":
    sys.exit(main())
