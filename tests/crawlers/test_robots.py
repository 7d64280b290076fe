"""HARDENING N3: robots.txt by RFC 9309, as a function and as a crawl obeys it."""

from __future__ import annotations

import gzip
import itertools
import json
from datetime import date
from pathlib import Path

import pytest
from conftest import LoopbackSite, Reply

from crawlers.crawl import CrawlError, crawl_source
from crawlers.layout import Window, World
from crawlers.net import ROBOTS_BYTES, robots_of

WINDOW = Window(date(2026, 5, 1), date(2026, 5, 31))
SITE = "https://x.kz"

# robots.txt, agent, path, allowed: facts after RFC 9309 §2.2 and §5.
FACTS = [
    ("", "Shanyraq", "/a", True),
    ("User-agent: *\nDisallow: /", "Shanyraq", "/a", False),
    ("User-agent: *\nDisallow: /", "Shanyraq", "/robots.txt", True),
    ("User-agent: *\nDisallow:", "Shanyraq", "/a", True),
    ("user-AGENT: SHANYRAQ\nDISALLOW: /x", "Shanyraq", "/x/1", False),
    ("User-agent: Shanyraq\nAllow: /\n\nUser-agent: *\nDisallow: /", "Shanyraq", "/a", True),
    ("User-agent: Other\nDisallow: /", "Shanyraq", "/a", True),
    ("User-agent: Shanyraq bot\nDisallow: /", "Shanyraq", "/a", False),
    ("User-agent: Shanyraq/0.1\nDisallow: /", "Shanyraq", "/a", False),
    ("User-agent: Shanyraq\nUnknown: 1\nUser-agent: *\nDisallow: /", "Shanyraq", "/a", False),
    ("User-agent: *\nDisallow: /a\nAllow: /a/b", "Shanyraq", "/a/b/c", True),
    ("User-agent: *\nDisallow: /*.php$", "Shanyraq", "/i.php", False),
    ("User-agent: *\nDisallow: /*.php$", "Shanyraq", "/i.php?x=1", True),
    ("User-agent: *\nDisallow: /жаңалық", "Shanyraq", "/%D0%B6%D0%B0%D2%A3%D0%B0%D0%BB%D1%8B%D2%9B/1", False),
    ("\ufeffUser-agent: *\nDisallow: /", "Shanyraq", "/a", False),
    ("User-agent: *\r\nDisallow: /a\r\n", "Shanyraq", "/a", False),
    ("User-agent: *\rDisallow: /a\r", "Shanyraq", "/a", False),
    ("<html><body>404</body></html>", "Shanyraq", "/a", True),
    ("User-agent: *\nDisallow: /a # comment", "Shanyraq", "/a", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "agent", "path", "allowed"), FACTS)
def test_rules(text: str, agent: str, path: str, allowed: bool) -> None:
    assert robots_of(200, text.encode()).allows(SITE + path, agent) is allowed


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(None, False), (500, False), (503, False), (599, False), (429, False), (400, True), (401, True), (403, True),
     (404, True), (410, True), (451, True), (302, True)],
)  # fmt: skip
def test_answers_without_rules(status: int | None, allowed: bool) -> None:
    assert robots_of(status, b"User-agent: *\nDisallow: /").allows(f"{SITE}/a", "Shanyraq") is allowed


def test_rules_beyond_the_cut_do_not_count_and_damage_is_survived() -> None:
    head = b"User-agent: *\nDisallow: /early\n"
    late = robots_of(200, head + b"#\n" * ROBOTS_BYTES + b"Disallow: /late\n")
    assert (late.allows(f"{SITE}/early", "S"), late.allows(f"{SITE}/late", "S")) == (False, True)
    for junk in (b"\n" * 2_000_000, b"\xff\xfe\x00" * 1000, b"user-agent:" * 50_000, bytes(range(256)) * 1000):
        robots_of(200, junk).allows(f"{SITE}/a", "Shanyraq")


@pytest.mark.shared
def test_share_of_public_expectations(shared: Path) -> None:
    """523 expectations of Google's and Scrapy's own suites; what remains are rules that only one of the two has."""
    rows = [json.loads(line) for line in (shared / "web" / "robots_expectations.jsonl").read_text("utf-8").splitlines()]
    rows = [row for row in rows if "allowed" in row]
    wrong = [
        row for row in rows
        if robots_of(200, row["robots"].encode()).allows(row["url"], row["agent"]) is not row["allowed"]
    ]  # fmt: skip
    print(f"robots expectations: {len(rows) - len(wrong)} of {len(rows)}")
    assert len(rows) == 523
    assert len(wrong) <= 9
    # Google's harness passes raw letters and agents with spaces; our addresses are percent-coded, our agent one word.
    only_one = ("google only", "protego only", "caller encodes")
    assert all(any(mark in row["topic"] for mark in only_one) for row in wrong)


def _feed(root: str, number: int = 1) -> str:
    entries = "".join(f"<item><title>t</title><link>{root}/a{n}</link></item>" for n in range(number))
    return f"<rss version='2.0'><channel><title>x</title>{entries}</channel></rss>"


def test_a_crawl_obeys_each_host(site: LoopbackSite, world: World) -> None:
    answers = {
        "ok.example": "User-agent: *\nDisallow: /private",
        "down.example": Reply(status=503),
        "busy.example": Reply(status=429),
        "none.example": Reply(status=404),
        "closed.example": Reply(status=403),
        "loop.example": Reply(status=301, headers={"Location": "/robots.txt"}),
        "huge.example": Reply(b"User-agent: *\nDisallow: /feed\n" + b"# x\n" * 6_500_000),
        "bom.example": Reply(b"\xef\xbb\xbfUser-agent: Shanyraq\nDisallow: /feed\n"),
        "hop.example": Reply(status=302, headers={"Location": f"http://bom.example:{site.port}/robots.txt"}),
        "cut.example": Reply(b"User-agent: *\nDisallow: /\n", headers={"Content-Length": "90"}, write=lambda _: None),
        "packed.example": Reply(gzip.compress(b"User-agent: *\nDisallow: /"), headers={"Content-Encoding": "gzip"}),
    }
    for host, answer in answers.items():
        site[f"{host}/robots.txt"] = answer
        site[f"{host}/feed"] = _feed(f"http://{host}:{site.port}")
        site[f"{host}/a0"] = "<html><p>a"
        site[f"{host}/private"] = "<html><p>a"
    feeds = tuple(f"http://{host}:{site.port}/{path}" for host in answers for path in ("feed", "private"))
    crawl_source(site.source(feeds=feeds), world, WINDOW, loopback_allowed=site.allowed,
                 resolve_hosts=dict.fromkeys(answers, "127.0.0.1"))  # fmt: skip
    asked = {(host.partition(":")[0], path) for _, host, path in site.arrivals}
    assert {host for host, path in asked if path == "/feed"} == {
        "ok.example", "none.example", "closed.example", "loop.example"
    }  # fmt: skip
    assert ("ok.example", "/private") not in asked
    robots = [host for _, host, path in site.arrivals if path == "/robots.txt" and host.startswith(("ok.", "huge."))]
    assert len(robots) == 2, "asked once a run and host"


def test_a_site_that_cannot_be_read_at_all_fails_with_reasons(site: LoopbackSite, world: World) -> None:
    site["/robots.txt"] = Reply(status=500)
    with pytest.raises(CrawlError, match=r"probe: the crawl is not whole: no feed.*/feed: denied"):
        crawl_source(site.source(), world, WINDOW, loopback_allowed=site.allowed)
    assert not any(path.is_file() for path in world.folder.rglob("*")), "nothing half-made is left"


def test_crawl_delay_holds(site: LoopbackSite, world: World) -> None:
    site["/robots.txt"] = "User-agent: *\nCrawl-delay: 0.25\n"
    site["/feed"] = _feed(site.root, 4)
    for n in range(4):
        site[f"/a{n}"] = "<html><p>a"
    crawl_source(site.source(), world, WINDOW, loopback_allowed=site.allowed)
    times = [at for at, _, path in site.arrivals if path != "/robots.txt"]
    assert len(times) == 5
    assert min(later - earlier for earlier, later in itertools.pairwise(times)) > 0.2
