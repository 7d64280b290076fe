"""The whole way on the sample world: real crawl, real Airflow, and the weekly issues say exactly what was planted."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from crawlers.layout import World
from crawlers.privacy import find_identifiers
from reports.issue import Issue, Signal
from reports.weekly import compose_issues
from shanyraq.sample.press import BYLINES, NICKNAMES
from shanyraq.sample.world import FOLDER
from tests.conftest import Command
from warehouse.publish import checksum
from warehouse.query import run_query

pytestmark = [pytest.mark.e2e, pytest.mark.airflow, pytest.mark.xdist_group("e2e")]

NAMES = [*NICKNAMES, *(name for names in BYLINES.values() for name in names)]
TRUTH: Mapping[str, Any] = json.loads((FOLDER / "truth.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def issues(world: World) -> dict[str, Issue]:
    return {issue.week: issue for issue in compose_issues(world.warehouse)}


# -- the planted truth ------------------------------------------------------------------------------------------------


def signals(issue: Issue, region: str, indicator: str, series: str | None = None) -> list[Signal]:
    return [
        signal
        for signal in issue.signals
        if signal.region_code == region and signal.indicator == indicator and series in (None, signal.series)
    ]


def watched(issue: Issue, region: str, indicator: str, series: str | None = None) -> bool:
    """Told as an alert, or on the desk's list."""
    return bool(signals(issue, region, indicator, series)) or any(
        watch.region_code == region and watch.indicator == indicator and series in (None, watch.series)
        for watch in issue.watches
    )


def stories_of(world: World, week: str, region: str, indicator: str, series: str) -> tuple[int, int]:
    [row] = run_query(
        world.warehouse,
        f"select stories, articles from out_indicator_week where week = '{week}' and region_code = '{region}'"
        f" and indicator = '{indicator}' and series = '{series}'",
    ).rows
    return row


def test_the_weekly_issues_say_exactly_the_planted_truth(world: World, issues: dict[str, Issue]) -> None:
    week = {number: issues[f"2026-W{number:02d}"] for number in range(1, 23)}
    said: dict[str, bool] = {}

    brawl = signals(week[22], "KZ-31", "incidents", "news")
    said["E1 a brawl told as ethnic: alert, and the telling is disputed"] = (
        len(brawl) == 1 and brawl[0].level == "alert" and brawl[0].disputed and brawl[0].framed_stories > 0
    )

    quarrel = watched(week[12], "KZ-59", "grievance") or watched(week[13], "KZ-59", "grievance")
    said["E2 a language quarrel: grievance, then hostility"] = quarrel and watched(week[13], "KZ-59", "hostility")

    hostile = [s for number in (20, 21, 22) for s in signals(week[number], "KZ-47", "hostility", "social")]
    said["E3 hostility to migrants: alert, and whom it is about"] = any(
        s.level == "alert" and s.target_group == "migrants" for s in hostile
    )

    rumour = signals(week[17], "KZ-61", "rumour")
    said["E4 a rumour, marked as denied"] = bool(rumour) and all(s.denied for s in rumour)

    together = signals(week[14], "KZ-27", "cohesion") + signals(week[15], "KZ-27", "cohesion")
    said["E5 flood aid across groups: cohesion up"] = bool(together) and all(
        s.direction == "cohesion" for s in together
    )

    silent = [region for number in (21, 22) for region in week[number].regions if region.region_code == "KZ-55"]
    said["E6 silent sources: held, never zero or calm, no signal"] = all(
        region.status == "held" and region.unhealthy_sources for region in silent
    ) and not any(s.region_code == "KZ-55" for number in (21, 22) for s in week[number].signals)

    stories, articles = stories_of(world, "2026-W18", "KZ-35", "attention", "news")
    said["E7 one story copied by 20 outlets: one story, no alert"] = (
        articles >= 20 and stories <= 3 and not any(s.region_code == "KZ-35" for s in week[18].signals)
    )

    feasts = [s for number in (12, 18) for s in week[number].signals if s.region_code != "KZ-59"]
    marks = {mark.names.en for number in (12, 18) for mark in week[number].calendar}
    said["E8 Nauryz and 1 May: no alert, the calendar stands beside"] = (
        not feasts and any("Nauryz" in mark for mark in marks) and any("Unity" in mark for mark in marks)
    )

    said["E9 a theft with a citizenship named: no alert"] = not any(s.region_code == "KZ-75" for s in week[19].signals)

    [(abroad,)] = run_query(
        world.warehouse, "select count(*) from core_article where week = '2026-W16' and rel = 'abroad'"
    ).rows
    said["E10 a quarrel abroad: read as abroad, no alert"] = abroad >= 5 and not week[16].signals

    assert said == dict.fromkeys(said, True)


def test_nothing_else_is_signalled(issues: dict[str, Issue]) -> None:
    allowed = {
        (week, entry["region"], indicator, series)
        for statement in TRUTH["statements"]
        for entry in [*statement["expect"], *statement["side_signals"]]
        for week in entry["weeks"]
        for indicator in entry.get("indicators", [entry.get("indicator")])
        for series in (entry["series"] if isinstance(entry["series"], list) else [entry["series"]])
        if "alert" in entry["levels"]
    }
    signalled = {
        (issue.week, s.region_code, s.indicator, s.series): s.stories
        for issue in issues.values()
        for s in issue.signals
    }
    assert not {cell: stories for cell, stories in signalled.items() if cell not in allowed}


# -- what readers see ---------------------------------------------------------------------------------------------------


def test_everything_shown_says_that_it_is_fictional(world: World) -> None:
    pages = sorted(world.site.rglob("*.html"))
    assert len(pages) > 60
    mark = re.compile("вымышлен|ойдан шығарылған|fictional", re.IGNORECASE)
    assert not [page for page in pages if not mark.search(page.read_text("utf-8"))]
    mails = sorted(world.issue("2026-W22").glob("mail.*.txt"))
    assert len(mails) == 3
    assert not [mail for mail in mails if not mark.search(mail.read_text("utf-8"))]


def test_the_mail_says_that_pavlodar_was_not_seen(world: World) -> None:
    mail = (world.issue("2026-W22") / "mail.ru.txt").read_text("utf-8")
    assert "Павлодар" in mail
    assert "Ямышевская пристань" in mail


# -- nothing vanishes, nobody appears -----------------------------------------------------------------------------------


def test_every_item_has_one_outcome_and_the_tallies_add_up(world: World) -> None:
    words = {
        (stage, word): items
        for stage, word, items in run_query(
            world.warehouse, "select stage, word, sum(items) from out_tally group by all"
        ).rows
    }
    read = sum(items for (stage, _), items in words.items() if stage == "read")
    [(articles,)] = run_query(world.warehouse, "select count(*) from core_article").rows
    assert words["extract", "ok"] == read == articles
    assert ("read", "failed") not in words
    assert articles > 2500


def written_text(world: World) -> Iterator[tuple[str, str]]:
    """Everything a run writes that anybody may open: not the quarantine of raw pages, not the database files."""
    for path in sorted(world.folder.rglob("*")):
        if path.is_file() and "raw" not in path.relative_to(world.folder).parts and path.suffix != ".duckdb":
            yield str(path.relative_to(world.folder)), path.read_text("utf-8", errors="replace")
    tables = [name for (name,) in run_query(world.warehouse, "select table_name from duckdb_tables()").rows]
    for table in tables:
        answer = run_query(world.warehouse, f"select * from {table}")
        yield table, "\n".join(str(value) for row in answer.rows for value in row if isinstance(value, str))


def test_no_person_and_no_contact_stands_in_any_output(world: World) -> None:
    people = re.compile("|".join(re.escape(name) for name in NAMES))
    found = {name: hit.group() for name, text in written_text(world) if (hit := people.search(text))}
    assert not found
    texts = [
        json.loads(line)["text"]
        for path in sorted((world.folder / "articles").rglob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(texts) > 2500
    assert not [hits for text in texts if (hits := find_identifiers(text))]


def test_no_text_of_posts_is_published(world: World) -> None:
    [(leaks,)] = run_query(
        world.warehouse,
        "select count(*) from core_article where genre <> 'news' and (title is not null or url is not null or excerpt is not null)",
    ).rows
    assert leaks == 0


# -- again ----------------------------------------------------------------------------------------------------------------


def test_two_more_runs_change_nothing_and_send_the_mail_once(
    world: World, data: Path, shanyraq: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow's own connection, a real SMTP server on loopback, two more runs: one message."""
    before = checksum(world.warehouse)
    raw = {path: path.stat().st_mtime_ns for path in (world.folder / "raw").rglob("*.warc.gz")}
    taken: list[bytes] = []

    class Keep:
        async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:  # noqa: N802
            taken.append(cast(bytes, envelope.content))
            return "250 taken"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connection = {
        "conn_type": "smtp", "host": "127.0.0.1", "port": port,
        "extra": {"recipients": ["reader@example.org"], "security": "none"},
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_SHANYRAQ_SMTP", json.dumps(connection))
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        shanyraq(data, "run")
        shanyraq(data, "run")
    finally:
        controller.stop()
    assert checksum(world.warehouse) == before
    assert {path: path.stat().st_mtime_ns for path in raw} == raw, "finished windows are not fetched again"
    [message] = [message_from_bytes(raw, policy=policy.default) for raw in taken]
    assert message["To"] == "reader@example.org"
    [queued] = world.outbox.glob("*.eml")
    kept = message_from_bytes(queued.read_bytes(), policy=policy.default)
    assert message["Subject"] == kept["Subject"]
    assert "Bcc" not in message
