"""One source's fetch: finished windows, force, too few texts, kills, Ctrl-C, a full disk (HARDENING P1, P2)."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import LoopbackSite, Reply

from crawlers.crawl import CrawlError, crawl_source, finished
from crawlers.layout import Window, World
from crawlers.source import read_sources

WINDOW = Window(date(2026, 5, 4), date(2026, 5, 10))


@pytest.fixture
def outlet(site: LoopbackSite) -> LoopbackSite:
    """A hundred and twenty pages, a feed and a sitemap, 20 ms a page, four at a time."""

    def page(handler: Any) -> Reply:
        time.sleep(0.02)
        return Reply(f"<html><p>{handler.path}".encode())

    links = "".join(f"<url><loc>{site.root}/p/{n}</loc></url>" for n in range(120))
    site["/map"] = f"<urlset>{links}</urlset>"
    site["/feed"] = (
        f"<rss version='2.0'><channel><item><title>t</title><link>{site.root}/p/7</link></item></channel></rss>"
    )
    for n in range(120):
        site[f"/p/{n}"] = page
    return site


def _files(world: World) -> dict[str, bytes]:
    return {
        str(path.relative_to(world.folder)): path.read_bytes() for path in world.folder.rglob("*") if path.is_file()
    }


def _logs(world: World) -> list[list[dict[str, Any]]]:
    """Outcomes and fetch log without offsets: the order of arrival in the WARC is the network's."""
    paths = (world.fetched("probe", WINDOW), world.outcomes("fetch", "probe", WINDOW))
    return [[{**json.loads(line), "offset": None} for line in path.read_text("utf-8").splitlines()] for path in paths]


def test_a_finished_window_is_recognised_without_a_request(
    outlet: LoopbackSite, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = outlet.source(sitemaps=(f"{outlet.root}/map",))
    first = crawl_source(source, world, WINDOW, loopback_allowed=outlet.allowed)
    before, asked = _files(world), len(outlet.asked)
    assert set(before) == {f"{kind}/probe/{WINDOW}{end}" for kind, end in (
        ("raw", ".warc.gz"), ("fetched", ".jsonl"), ("outcomes/fetch", ".jsonl"))}  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", None)  # no process may be started for a finished window
        again = crawl_source(source, world, WINDOW, loopback_allowed=outlet.allowed)
    assert (again, len(outlet.asked), _files(world)) == (replace(first, finished_before=True), asked, before)
    logs = _logs(world)
    crawl_source(source, world, WINDOW, loopback_allowed=outlet.allowed, force=True)
    assert len(outlet.asked) == 2 * asked and _logs(world) == logs
    assert {agent.partition("/")[0] for agent in outlet.agents} == {"Shanyraq"}


def test_too_few_texts_fail_the_task_and_publish_nothing(outlet: LoopbackSite, world: World) -> None:
    with pytest.raises(CrawlError, match=r"probe: 1 texts in 2026-05-04_2026-05-10, at least 2 expected \(1 fetched\)"):
        crawl_source(outlet.source(at_least=2), world, WINDOW, loopback_allowed=outlet.allowed)
    assert _files(world) == {}


def _start(outlet: LoopbackSite, world: World) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "crawlers", "fetch", "--root", str(world.root), "--world", world.name,
               "--window", str(WINDOW), "--loopback", f"127.0.0.1:{outlet.port}"]  # fmt: skip
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(asdict(outlet.source(sitemaps=(f"{outlet.root}/map",)))))
    process.stdin.close()
    process.stdin = None  # communicate() would flush it
    return process


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def test_killed_anywhere_and_run_again_equals_an_undisturbed_run(outlet: LoopbackSite, world: World) -> None:
    source = outlet.source(sitemaps=(f"{outlet.root}/map",))
    calm = World(world.root, "calm")
    crawl_source(source, calm, WINDOW, loopback_allowed=outlet.allowed)
    for number, pages in enumerate((0, 60, 121)):
        torn, asked = World(world.root, f"torn{number}"), len(outlet.asked)
        process = _start(outlet, torn)
        _wait(lambda target=asked + pages: len(outlet.asked) > target)
        process.kill()
        process.communicate()
        assert finished("probe", torn, WINDOW) or not torn.fetched("probe", WINDOW).exists()
        crawl_source(source, torn, WINDOW, loopback_allowed=outlet.allowed)
        assert not list(torn.folder.rglob("*.part")), "the next run clears what a kill left"
        assert _logs(torn) == _logs(calm)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_crawl_publishes_nothing_and_says_so(
    outlet: LoopbackSite, world: World, kind: signal.Signals
) -> None:
    process = _start(outlet, world)
    _wait(lambda: len(outlet.asked) > 20)
    process.send_signal(kind)
    answer, _ = process.communicate(timeout=20)
    assert (process.returncode, json.loads(answer)) == (
        130, {"error": "probe: interrupted; nothing was published, run it again"}
    )  # fmt: skip
    assert _files(world) == {}


def test_a_dead_process_and_a_folder_without_rights_are_one_sentence(outlet: LoopbackSite, world: World) -> None:
    source = outlet.source()
    with pytest.raises(CrawlError, match=r"probe: .*no answer.*nothing was published, run it again"):
        crawl_source(source, world, WINDOW, loopback_allowed=outlet.allowed, limits={"no_such": 1})
    world.root.joinpath(world.name).write_text("a file where the world's folder should be")
    with pytest.raises(CrawlError, match=r"free space or rights under .*, then run again"):
        crawl_source(source, world, WINDOW, loopback_allowed=outlet.allowed)


def test_the_wide_world_is_not_crawled_without_a_contact(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHANYRAQ_CONTACT", raising=False)
    source = LoopbackSite.source(type("Nowhere", (), {"root": "http://nowhere.kz"})())
    with pytest.raises(CrawlError, match="set SHANYRAQ_CONTACT"):
        crawl_source(source, world, WINDOW)


def test_time_that_runs_out_leaves_every_address_with_an_outcome(site: LoopbackSite, world: World) -> None:
    def slow(handler: Any) -> Reply:
        time.sleep(0.4)
        return Reply(b"<html><p>x")

    site["/map"] = "<urlset>" + "".join(f"<url><loc>{site.root}/p/{n}</loc></url>" for n in range(60)) + "</urlset>"
    for n in range(60):
        site[f"/p/{n}"] = slow
    source = site.source(feeds=(), sitemaps=(f"{site.root}/map",))
    counts = crawl_source(source, world, WINDOW, loopback_allowed=site.allowed, limits={"run_limit_s": 1})
    assert sum(counts.words.values()) == 60 and set(counts.words) == {"fetched", "over_budget"}


def test_the_log_says_how_far_it_is(outlet: LoopbackSite, world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        crawl_source(outlet.source(), world, WINDOW, loopback_allowed=outlet.allowed)
    assert "probe: 1 addresses found, 1 to fetch" in caplog.text and "scrapy" not in caplog.text.lower()


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_a_parent_that_ends_takes_its_child_along(outlet: LoopbackSite, world: World, kind: signal.Signals) -> None:
    def slow(handler: Any) -> Reply:
        time.sleep(0.2)
        return Reply(b"<html><p>x")

    outlet.pages.update({f"/p/{n}": slow for n in range(120)})  # three seconds: an orphan notices within one
    code = (
        # A suite that runs in the background ignores Ctrl-C, and so would its children.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "import sys, json; from pathlib import Path; from crawlers.crawl import crawl_source; from crawlers.layout import *;"
        "from crawlers.source import Source; r = json.loads(sys.argv[1]);"
        f"crawl_source(Source(**r), World(Path(sys.argv[2]), 'probe'), Window.parse('{WINDOW}'),"
        f"loopback_allowed=frozenset({{('127.0.0.1', {outlet.port})}}))"
    )
    record = json.dumps(asdict(outlet.source(sitemaps=(f"{outlet.root}/map",))))
    process = subprocess.Popen([sys.executable, "-c", code, record, str(world.root)], stderr=subprocess.PIPE, text=True)
    _wait(lambda: len(outlet.asked) > 10)
    os.kill(process.pid, kind)
    _, errors = process.communicate(timeout=20)
    assert ("KeyboardInterrupt" in errors) is (kind == signal.SIGINT)
    _wait(lambda: not any(world.folder.rglob("*.part")))
    assert _files(world) == {} and len(outlet.asked) < 120


def test_shipped_sources_are_readable_and_honest() -> None:
    folder = Path(__file__).resolve().parents[2] / "crawlers" / "sources"
    sources = read_sources(folder)
    assert len(sources) >= 12
    assert {source.kind for source in sources} == {"web", "telegram"}
    assert all(source.verified is None for source in sources), "a date of verification needs a verification"
