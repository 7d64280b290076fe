"""HARDENING N1 and N2: what the guard refuses, and that a crawl refuses it at every door."""

from __future__ import annotations

import gzip
import ipaddress
import logging
import re
import time
from datetime import date
from types import SimpleNamespace
from typing import Any

import brotli
import pytest
from backports import zstd
from conftest import Canary, LoopbackSite, Reply
from hypothesis import given
from hypothesis import strategies as st

from crawlers.crawl import crawl_source
from crawlers.layout import Window, World
from crawlers.net import AddressGuard, Blocked, GuardedResolver, is_public, peer_checking_factory, word_of_failure
from crawlers.rawstore import read_lines

WINDOW = Window(date(2026, 5, 1), date(2026, 5, 31))

# Every spelling of an address of this machine or its neighbourhood; PORT is filled in. Sources: WHATWG URL tests,
# OWASP SSRF sheet, the clouds' metadata pages.
SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0x7f.1", "0x7F.0x0.0x0.0x1",
    "017700000001", "0177.0.0.1", "0177.1", "127.000.000.001", "127.0.0.1.", "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1",
    "%31%32%37.0.0.1", "127.255.255.254", "localhost", "LOCALHOST", "localhost.", "foo.localhost", "localhost.localdomain",
    "ip6-localhost", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0xA9FEA9FE",
    "2852039166", "0251.0376.0251.0376", "metadata.google.internal", "metadata", "100.64.0.1", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25eth0]",
    "[fc00::1]", "[fd00:ec2::254]", "[2001:db8::1]", "[ff02::1]", "[3fff::1]", "[5f00::1]", "router.lan", "nas.home.arpa",
    "printer.local", "intranet", "user@127.0.0.1", "t.me@127.0.0.1", "127.0.0.1\\@t.me",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_private_address_passes(host: str) -> None:
    guard = AddressGuard(frozenset({("127.0.0.1", 8800)}))
    assert not guard.allows_url(f"http://{host}/")
    assert not guard.allows_url(f"http://{host}:8801/")
    if host not in ("127.0.0.1", "127.0.0.1.", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1"):
        assert not guard.allows_url(f"https://{host}:8800/"), "the loopback allowance holds for one plain pair"


@pytest.mark.parametrize(
    "url", ["https://tengrinews.kz/a", "http://t.me:80/s/x", "https://сайт.қаз/", "http://93.184.215.14/",
            "https://[2a00:1450:4010:c05::65]/", "https://127.0.0.1.nip.io/", "https://a1.kz"],
)  # fmt: skip
def test_public_addresses_pass_to_the_resolver(url: str) -> None:
    assert AddressGuard().allows_url(url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://t.me/x", "data:text/html,x", "gopher://t.me", "//t.me",
                                 "http://", "http://[::1", "http://t.me:99999/", "javascript:alert(1)", ""])  # fmt: skip
def test_other_schemes_and_broken_addresses_do_not_pass(url: str) -> None:
    assert not AddressGuard().allows_url(url)


PRIVATE_4 = st.sampled_from(
    ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
).flatmap(lambda net: st.ip_addresses(network=net))


@given(PRIVATE_4)
def test_private_addresses_stay_private_in_every_wrapping(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    wrapped = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address(number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    assert not is_public(str(address))
    assert not any(is_public(str(one)) for one in wrapped)


@given(st.ip_addresses(v=4))
def test_guard_is_never_laxer_than_python(address: ipaddress.IPv4Address) -> None:
    assert not is_public(str(address)) or address.is_global


class _Answers:
    """A DNS that answers differently each time: public when judged, private when connected to."""

    def __init__(self, *rounds: list[str]) -> None:
        self._rounds = list(rounds)

    def resolveHostName(self, receiver: Any, *_: Any) -> None:  # noqa: N802
        for answer in self._rounds.pop(0):
            receiver.addressResolved(SimpleNamespace(host=answer))
        receiver.resolutionComplete()


class _Receiver:
    def __init__(self) -> None:
        self.got: list[str] = []

    def resolutionBegan(self, _: Any) -> None: ...  # noqa: N802
    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.got.append(f"{address.host}:{address.port}")

    def resolutionComplete(self) -> None: ...  # noqa: N802


def _resolve(resolver: GuardedResolver, name: str, port: int) -> list[str]:
    receiver = _Receiver()
    resolver.resolveHostName(receiver, name, port)
    return receiver.got


def test_rebinding_name_keeps_its_first_judged_answer() -> None:
    guard = AddressGuard()
    reactor = SimpleNamespace(nameResolver=_Answers(["93.184.215.14"], ["127.0.0.1"]))
    resolver = GuardedResolver(reactor, guard)
    assert [_resolve(resolver, "rebind.kz", 80) for _ in range(3)] == [["93.184.215.14:80"]] * 3
    assert not guard.refused


def test_one_private_answer_among_public_ones_refuses_the_name() -> None:
    guard = AddressGuard()
    reactor = SimpleNamespace(nameResolver=_Answers(["93.184.215.14", "::ffff:10.0.0.1"]))
    assert _resolve(GuardedResolver(reactor, guard), "mixed.kz", 443) == []
    assert guard.refused == {("mixed.kz", 443)}


def test_connected_peer_is_looked_at_before_anything_is_sent() -> None:
    factory = peer_checking_factory(AddressGuard(frozenset({("127.0.0.1", 8800)})))(None, SimpleNamespace())
    for host, port in [("127.0.0.1", 8801), ("::1", 8800), ("169.254.169.254", 80), ("fe80::1%eth0", 80)]:
        with pytest.raises(Blocked):
            factory.buildProtocol(SimpleNamespace(host=host, port=port))
    assert factory.buildProtocol(SimpleNamespace(host="127.0.0.1", port=8800)) is not None


def test_unknown_failure_is_a_crash() -> None:
    with pytest.raises(ZeroDivisionError):
        word_of_failure(ZeroDivisionError())


def _feed(site: LoopbackSite, *paths: str) -> str:
    entries = "".join(
        f"<item><title>Шара {n}</title><link>{site.root}{path}</link><pubDate>Mon, 11 May 2026 10:00:00 +0500</pubDate>"
        f"</item>" for n, path in enumerate(paths)
    )  # fmt: skip
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>x</title>{entries}</channel></rss>"
    )


def test_no_door_of_a_crawl_leads_to_the_canary(site: LoopbackSite, canary: Canary, world: World) -> None:
    """Seeds in all spellings, feeds, sitemaps, redirects, robots.txt, meta refresh, canonical, attachments, DNS."""
    bird = f"http://127.0.0.1:{canary.port}"
    site["/feed"] = _feed(site, "/good", "/redirect", "/chain", "/relative", "/refresh", "/name", "/odd")
    site["/good"] = (
        f"<html><head><link rel=canonical href='{bird}/c'></head><img src='{bird}/i'><a href='{bird}/f.pdf'>x</a>"
    )
    site["/redirect"] = Reply(status=302, headers={"Location": f"{bird}/r"})
    site["/chain"] = Reply(status=301, headers={"Location": "/redirect"})
    site["/relative"] = Reply(status=307, headers={"Location": f"//127.0.0.1:{canary.port}/"})
    site["/odd"] = Reply(status=308, headers={"Location": f"http://0x7f.1:{canary.port}/"})
    site["/name"] = Reply(status=303, headers={"Location": f"http://inside.example:{canary.port}/"})
    site["/refresh"] = f"<html><head><meta http-equiv=refresh content='0;url={bird}/m'></head><p>x"
    site["/map"] = (
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        f"<sitemap><loc>{bird}/sub.xml</loc></sitemap><sitemap><loc>http://inside.example:{canary.port}/s</loc></sitemap>"
        f"<sitemap><loc>{site.root}/hop.xml</loc></sitemap></sitemapindex>"
    )
    site["/hop.xml"] = Reply(status=302, headers={"Location": f"{bird}/hop"})
    site["robots.example/robots.txt"] = Reply(status=302, headers={"Location": f"{bird}/robots.txt"})
    seeds = tuple(f"http://{host}:{canary.port}/feed" for host in SPELLINGS if "@" not in host and "%25" not in host)
    source = site.source(
        feeds=(f"{site.root}/feed", f"http://robots.example:{site.port}/feed", *seeds),
        sitemaps=(f"{site.root}/map", f"{bird}/map"),
        listings=(f"{bird}/list", f"http://inside.example:{canary.port}/"),
    )
    counts = crawl_source(
        source, world, WINDOW, loopback_allowed=site.allowed,
        resolve_hosts={"inside.example": "127.0.0.1", "robots.example": "127.0.0.1"},
    )  # fmt: skip
    assert (canary.connections, canary.bytes) == (0, 0)
    words = {line.asked.removeprefix(site.root): line.word for line in read_lines(world.fetched("probe", WINDOW))}
    assert words == {"/good": "fetched", "/refresh": "fetched"} | dict.fromkeys(
        ("/redirect", "/chain", "/relative", "/odd", "/name"), "blocked"
    )
    assert counts.words == {"blocked": 5, "fetched": 2}
    assert ("robots.example", "/feed") not in {(host.partition(":")[0], path) for _, host, path in site.arrivals}


def test_bombs_drips_and_loops(site: LoopbackSite, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """N2: each ends in one counted outcome, quickly, within 120 MB."""
    zeros = bytes(100 * 1024 * 1024)
    bombs = {
        "/gzip": (gzip.compress(zeros, 6), "gzip"),
        "/twice": (gzip.compress(gzip.compress(zeros, 6), 6), "gzip, gzip"),
        "/brotli": (brotli.compress(zeros, quality=1), "br"),
        "/zstd": (zstd.compress(zeros), "zstd"),
    }
    del zeros
    for path, (body, coding) in bombs.items():
        site[path] = Reply(body, headers={"Content-Encoding": coding})
    site["/packed"] = Reply(gzip.compress("мәтін".encode()), headers={"Content-Encoding": "gzip"})

    def drip(handler: Any) -> None:
        for _ in range(200):
            handler.wfile.write(b"<p>")
            handler.wfile.flush()
            time.sleep(0.1)

    def flood(handler: Any) -> None:
        while True:
            handler.wfile.write(bytes(1 << 16))

    site["/drip"] = Reply(write=drip)
    site["/flood"] = Reply(write=flood)
    site["/declared"] = Reply(headers={"Content-Length": str(10**9)}, write=drip)
    site["/loop"] = Reply(status=302, headers={"Location": "/loop"})
    site["/ping"] = Reply(status=302, headers={"Location": "/pong"})
    site["/pong"] = Reply(status=302, headers={"Location": "/ping"})
    site["/file"] = Reply(status=302, headers={"Location": "file:///etc/passwd"})
    for status in (304, 401, 403, 404, 410, 429, 500, 503):
        site[f"/s{status}"] = Reply(status=status)
    paths = [path for path in site.pages if path not in ("/pong", "/feed")]
    site["/feed"] = _feed(site, *paths)
    began = time.monotonic()
    with caplog.at_level(logging.INFO):
        crawl_source(site.source(), world, WINDOW, loopback_allowed=site.allowed, limits={"timeout_s": 2})
    assert time.monotonic() - began < 20, "drips are cut, loops end"
    words = {line.asked.removeprefix(site.root): line.word for line in read_lines(world.fetched("probe", WINDOW))}
    assert words == {
        **dict.fromkeys([*bombs, "/flood", "/declared"], "too_large"),
        **dict.fromkeys(["/drip", "/loop", "/ping"], "unreachable"),
        "/packed": "fetched", "/file": "blocked", "/s304": "not_modified", "/s404": "gone", "/s410": "gone",
        "/s401": "refused", "/s403": "refused", "/s429": "refused", "/s500": "server_error", "/s503": "server_error",
    }  # fmt: skip
    peak = re.search(r"peak memory (\d+) MB", caplog.text)
    print(f"bombs: peak {peak and peak[1]} MB")
    assert peak and int(peak[1]) <= 120


def test_endless_sites_end_at_the_budget(site: LoopbackSite, world: World) -> None:
    """N2: a sitemap that always names one more, a listing whose session ids make every link new."""

    def calendar(handler: Any) -> Reply:
        number = int(handler.path.rpartition("=")[2] or 0) if "=" in handler.path else 0
        links = "".join(f"<a href='/day/{number}/{n}?s={number}-{n}'>Күнтізбе күні мен айы {n}</a>" for n in range(50))
        return Reply(f"<html>{links}<a rel=next href='/calendar?p={number + 1}'>next</a>".encode())

    def nested(handler: Any) -> Reply:
        number = int(handler.path.rpartition("=")[2] or 0) if "=" in handler.path else 0
        return Reply(
            f"<sitemapindex><sitemap><loc>{site.root}/map?n={number + 1}</loc></sitemap></sitemapindex>".encode()
        )

    site["/calendar"] = calendar
    site["/map"] = nested
    source = site.source(feeds=(), listings=(f"{site.root}/calendar",), sitemaps=(f"{site.root}/map",))
    counts = crawl_source(source, world, WINDOW, loopback_allowed=site.allowed, limits={"budget_per_host": 120})
    assert len(site.asked) == 120
    assert sum(counts.words.values()) == 2000 and counts.words["over_budget"] > 1880 - 120
    assert sum(path.startswith("/map") for path in site.asked) == 3


def test_a_source_file_has_no_key_that_weakens_the_rules() -> None:
    from crawlers.source import SourceError, source_from

    record = {"name": "x", "kind": "web", "home": "https://x.kz/", "languages": ["kk"], "owner_group": "x",
              "stratum": "private", "feeds": ["https://x.kz/rss"]}  # fmt: skip
    source_from(record, "x", "x.toml")
    for key in ("delay", "robots", "user_agent", "loopback_allowed", "limits", "verify", "budget"):
        with pytest.raises(SourceError, match=f"unknown key {key}"):
            source_from({**record, key: 0}, "x", "x.toml")
