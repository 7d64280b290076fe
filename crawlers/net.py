"""What may be asked of the network, and how politely: address guard, per-host budget, robots.txt, failure words.

The first half is pure (addresses and robots as functions of their arguments), the second half hangs these rules into
Scrapy and Twisted. No source file and no argument of a source can switch any of it off; the one exception, loopback
pairs for the shipped sample and for tests, is an argument of the run (`AddressGuard.loopback_allowed`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import re
import traceback
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import unquote, urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _LenientHTTP11ClientFactory
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    StopDownload,
    UnsupportedURLSchemeError,
)
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http.request import NO_CALLBACK
from twisted.internet.address import IPv4Address as TcpAddress4
from twisted.internet.address import IPv6Address as TcpAddress6
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped,unused-ignore]

log = logging.getLogger(__name__)

# --- addresses, pure ----------------------------------------------------------------------------------------------

# IANA IPv4 and IPv6 Special-Purpose Address Registries (2024-10). Written out, not `ipaddress.is_global`: Python
# 3.11.7 still calls several of these global (CVE-2024-4032). 192.88.99.0/24 is the old 6to4 relay; 168.63.129.16 is a
# cloud's metadata host inside public space, 100.100.100.200 another's inside 100.64.0.0/10.
_NOT_PUBLIC_4: Final = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
# IPv6 is refused unless inside global unicast; that alone stops ::1, fe80::, fc00::, mapped (::ffff:0:0/96),
# compatible (::/96) and NAT64 (64:ff9b::/96, 64:ff9b:1::/48) forms. Inside it: protocol assignments with Teredo,
# documentation, 6to4 (it embeds any IPv4 address).
_PUBLIC_6: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_LOCAL_SUFFIXES: Final = (
    "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "home.arpa", "test", "invalid",
    "onion", "in-addr.arpa", "ip6.arpa",
)  # fmt: skip
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")
_DOTTED_QUAD: Final = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})")


def is_public(address: str) -> bool:
    """True if the plainly spelled IP address is globally routable; anything that is no IP address is not."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _NOT_PUBLIC_4)
    if ip.scope_id is not None:
        return False
    return ip in _PUBLIC_6 and not any(ip in network for network in _NOT_PUBLIC_6)


def plain_host(host: str) -> str:
    """The host as every resolver along the way would come to read it: unquoted, NFKC, lower case, no final dot."""
    folded = unicodedata.normalize("NFKC", unquote(host)).casefold()
    return folded.replace("。", ".").strip().rstrip(".").removeprefix("[").removesuffix("]")


@dataclass(slots=True)
class AddressGuard:
    """Says which (host, port) may be connected to. `loopback_allowed` is the run's own, explicit exception."""

    loopback_allowed: frozenset[tuple[str, int]] = frozenset()
    # Names answered here and not by DNS, as `address` or `address:port`, for the sample and for tests: a fictional
    # site keeps one address whatever port plays it. The answer is judged like any other.
    pinned: Mapping[str, str] = field(default_factory=dict)
    refused: set[tuple[str, int]] = field(default_factory=set)

    def __deepcopy__(self, memo: dict[int, Any]) -> AddressGuard:
        return self  # Scrapy deep-copies its settings, but resolver, middleware and handler must see one `refused`

    def allows_address(self, address: str, port: int) -> bool:
        """May this IP address be connected to? Asked of each DNS answer and again of each connected peer."""
        return (address, port) in self.loopback_allowed or is_public(address)

    def pin(self, name: str) -> tuple[str, int | None] | None:
        """Address and, if stated, port that a pinned name stands for."""
        if name not in self.pinned:
            return None
        address, colon, port = self.pinned[name].partition(":")
        return address, int(port) if colon else None

    def allows_answer(self, addresses: Iterable[str], port: int) -> bool:
        """May a name with these DNS answers be connected to? One private answer among public ones refuses all."""
        answers = list(addresses)
        return bool(answers) and all(self.allows_address(address, port) for address in answers)

    def allows_url(self, url: str) -> bool:
        """First look, before DNS: scheme, spelling of the host, local names, literal addresses."""
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            host = plain_host(parts.hostname or "")
        except (KeyError, ValueError):
            return False
        if not host or "@" in parts.netloc or "\\" in parts.netloc:
            return False  # credentials and backslashes are read differently by different parsers
        if (host, port) in self.loopback_allowed:
            return True
        if host in self.pinned:
            return True
        last = host.rpartition(".")[2]
        if ":" in host or _NUMBER.fullmatch(last):
            # WHATWG URL: a host whose last label is a number is an IPv4 address, so 0177.1, 0x7f.1, 2130706433 and
            # 127.1 all mean 127.0.0.1. Nobody publishes news under such a spelling: only the plain one is read.
            return (":" in host or bool(_DOTTED_QUAD.fullmatch(host))) and is_public(host)
        if "." not in host:
            return False  # a name of the local network
        return not any(host == suffix or host.endswith("." + suffix) for suffix in _LOCAL_SUFFIXES)


# --- robots.txt, pure ---------------------------------------------------------------------------------------------

ROBOTS_BYTES: Final = 512 * 1024  # RFC 9309 §2.5: at least 500 KiB must be parsed; Google stops here too


# Two points where Protego 0.7 is laxer than RFC 9309: §2.2.1 matches the product token only, which ends at the first
# other character ("Shanyraq bot" and "Shanyraq/2" are both Shanyraq); §2.2.4 lets a line of unknown kind stand between
# two user-agent lines without closing the group. Google's robots_test.cc has both.
_AGENT_LINE: Final = re.compile(r"^([ \t]*user[- ]?agent[ \t]*:?[ \t]*(?:[A-Za-z_-]+|\*))[ \t/].*$", re.I | re.M)
_OTHER_LINE: Final = re.compile(
    r"^[ \t]*(?!user[- ]?agent|di\w+|allow|crawl|site|host|request|visit)[\w-]+[ \t]*:.*$", re.I | re.M
)


@dataclass(frozen=True, slots=True)
class Robots:
    """A host's rules: a parsed file, or one answer for everything."""

    rules: Protego | None
    otherwise: bool

    def allows(self, url: str, agent: str) -> bool:
        """RFC 9309 §2.2; robots.txt itself is always allowed."""
        if self.rules is None:
            return self.otherwise
        return urlsplit(url).path == "/robots.txt" or bool(self.rules.can_fetch(url, agent))

    def delay_s(self, agent: str) -> float | None:
        """Crawl-delay in seconds, if the file states one for this agent."""
        delay = self.rules.crawl_delay(agent) if self.rules is not None else None
        return None if delay is None else float(delay)


def robots_of(status: int | None, body: bytes) -> Robots:
    """RFC 9309 §2.3.1: unreachable (None) or 5xx means no; 4xx and endless redirects mean there are no rules.

    429 counts as unreachable, as with Google: a host that begs for a pause is not asked for more.
    """
    if status is None or status >= 500 or status == 429:
        return Robots(None, otherwise=False)
    if status >= 300:
        return Robots(None, otherwise=True)
    text = body[:ROBOTS_BYTES].decode("utf-8-sig", "replace")
    text = _OTHER_LINE.sub("", _AGENT_LINE.sub(r"\1", text.replace("\r\n", "\n").replace("\r", "\n")))
    return Robots(Protego.parse(text), otherwise=True)


# --- failures and their words ---------------------------------------------------------------------------------------


class Refusal(IgnoreRequest):  # type: ignore[misc]
    """A request that our own rules forbid; `word` is its outcome."""

    word: ClassVar[str]


class Blocked(Refusal):
    word = "blocked"


class Denied(Refusal):
    word = "denied"


class OverBudget(Refusal):
    word = "over_budget"


class TooLarge(Refusal):
    word = "too_large"


def word_of_failure(error: BaseException) -> str:
    """The fetch outcome of a request that brought no response. An unknown kind is a defect of ours: it is raised."""
    if isinstance(error, Refusal):
        return error.word
    if isinstance(error, UnsupportedURLSchemeError):
        return "blocked"
    if isinstance(error, DownloadCancelledError):
        return "too_large"  # Scrapy cancels for DOWNLOAD_MAXSIZE only
    if isinstance(error, IgnoreRequest):
        return "unreachable"  # the one left of Scrapy's own: redirects past the limit
    if isinstance(
        error,
        CannotResolveHostError
        | DownloadConnectionRefusedError
        | DownloadFailedError
        | DownloadTimeoutError
        | ResponseDataLossError
        | OSError,
    ):
        return "unreachable"
    raise error


def word_of_status(status: int) -> str:
    """The fetch outcome of a final HTTP status. A redirect that was not followed led nowhere we go."""
    if 200 <= status < 300:
        return "fetched"
    if status == 304:
        return "not_modified"
    if status in (404, 410):
        return "gone"
    if status >= 500:
        return "server_error"
    return "blocked" if status < 400 else "refused"


# --- Twisted: name resolution and the connected peer ----------------------------------------------------------------


@implementer(IHostResolution)  # type: ignore[untyped-decorator,unused-ignore]
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        raise NotImplementedError


@implementer(IResolutionReceiver)  # type: ignore[untyped-decorator,unused-ignore]
class _Collector:
    """Gathers all answers for a name, then calls back once: they are judged together."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.done: Deferred[list[str]] = Deferred()

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        pass

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.answers.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        self.done.callback(self.answers)


@implementer(IHostnameResolver)  # type: ignore[untyped-decorator,unused-ignore]
class GuardedResolver:
    """Answers the reactor only with judged addresses, and with the same ones for the whole run.

    Twisted connects to exactly the addresses given here, so a name cannot mean one thing when judged and another when
    connected to (rebinding).
    """

    def __init__(self, reactor: Any, guard: AddressGuard) -> None:
        self._reactor = reactor
        self._inner = reactor.nameResolver
        self._guard = guard
        self._answers: dict[str, list[str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GuardedResolver:
        return cls(reactor, crawler.settings["ADDRESS_GUARD"])

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        pin = self._guard.pin(hostName)
        port = portNumber if pin is None or pin[1] is None else pin[1]

        def answer(addresses: list[str]) -> None:
            if addresses:
                self._answers[hostName] = addresses
            if self._guard.allows_answer(addresses, port):
                for address in addresses:
                    kind = TcpAddress6 if ":" in address else TcpAddress4
                    resolutionReceiver.addressResolved(kind("TCP", address, port))
            elif addresses:
                self._guard.refused.add((hostName, portNumber))
            resolutionReceiver.resolutionComplete()

        if pin is not None:
            answer([pin[0]])
        elif (known := self._answers.get(hostName)) is not None:
            answer(known)
        else:
            collector = _Collector()
            collector.done.addCallback(answer)
            self._inner.resolveHostName(collector, hostName, portNumber, addressTypes, transportSemantics)
        return resolution


def peer_checking_factory(guard: AddressGuard) -> type[Any]:
    """A connection factory that looks at the connected peer's address before the first byte is written to it."""

    class PeerCheckingFactory(_LenientHTTP11ClientFactory):  # type: ignore[misc]
        def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
            if not guard.allows_address(addr.host, addr.port):
                raise Blocked(f"connected to {addr.host}:{addr.port}, not a public address")
            return super().buildProtocol(addr)

    return PeerCheckingFactory


class GuardedHandler(HTTP11DownloadHandler):  # type: ignore[misc]
    """Scrapy's HTTP handler with peer-checking connections: the second line, should the resolver ever be bypassed."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._pool._factory = peer_checking_factory(crawler.settings["ADDRESS_GUARD"])


# --- Scrapy middlewares, from the engine's side to the wire ----------------------------------------------------------


class AddressGuardMiddleware:
    """Refuses every request to an address that is not public: pages, redirects, robots.txt, feeds, sitemaps alike."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Any) -> AddressGuardMiddleware:
        return cls(crawler.settings["ADDRESS_GUARD"])

    async def process_request(self, request: Any) -> None:
        if not self._guard.allows_url(request.url):
            raise Blocked("not a public address")
        # The resolver is the gate; asking it here as well turns its silence into the right outcome word, before the
        # host's robots.txt is asked for.
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs it

        parts = urlsplit(request.url)
        host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
        collector = _Collector()
        reactor.nameResolver.resolveHostName(collector, host, port)  # type: ignore[attr-defined,unused-ignore]
        await collector.done.asFuture(asyncio.get_running_loop())
        if (host, port) in self._guard.refused:
            raise Blocked(f"{host} resolves to an address that is not public")


class BudgetMiddleware:
    """Counts requests by host, robots, redirects and retries included, and stops at the run's budget.

    A calendar of endless pages, or session ids that make every link new, end here and not in memory or at dawn.
    """

    def __init__(self, budget_per_host: int) -> None:
        self._budget = budget_per_host
        self._spent: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Any) -> BudgetMiddleware:
        return cls(crawler.settings.getint("BUDGET_PER_HOST"))

    def process_request(self, request: Any) -> None:
        host = urlsplit(request.url).netloc
        if self._spent[host] >= self._budget:
            raise OverBudget(f"{host}: budget of {self._budget} requests is spent")
        self._spent[host] += 1


class BoundedCompressionMiddleware(HttpCompressionMiddleware):  # type: ignore[misc]
    """Scrapy's unpacking, which stops at DOWNLOAD_MAXSIZE, without what it leaves behind.

    Its exception holds the frames that hold the 8 MB unpacked so far, in a cycle that only the collector ends: eight
    bombs in a row made 143 MB of a process of 80.
    """

    def process_response(self, request: Any, response: Any, spider: Any = None) -> Any:
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            if error.__cause__ is not None:
                traceback.clear_frames(error.__cause__.__traceback__)
            reason = str(error)
        raise TooLarge(reason)


class RobotsMiddleware:
    """Asks each host's robots.txt once a run and obeys it. Scrapy's own allows everything when the answer is 5xx."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._known: dict[str, asyncio.Task[Robots]] = {}
        crawler.signals.connect(self._cut, signal=signals.bytes_received)
        self._received: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Any) -> RobotsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Any) -> None:
        if request.meta.get("is_robots"):
            return
        parts = urlsplit(request.url)
        root = f"{parts.scheme}://{parts.netloc}"
        if root not in self._known:
            self._known[root] = asyncio.ensure_future(self._ask(root))
        robots = await asyncio.shield(self._known[root])
        if not robots.allows(request.url, self._agent):
            raise Denied("robots.txt says no")

    async def _ask(self, root: str) -> Robots:
        request = Request(
            f"{root}/robots.txt",
            callback=NO_CALLBACK,
            priority=1000,
            headers={"Accept-Encoding": "identity"},  # so that a cut file is still readable
            # Content-Length is judged against this limit before `_cut` can act; a file that says more is refused.
            meta={"is_robots": True, "download_maxsize": 32 * 1024 * 1024},
        )
        try:
            response = await self._crawler.engine.download_async(request)
            robots = robots_of(response.status, response.body)
        except TooLarge:
            robots = robots_of(None, b"")
        except Refusal:
            raise
        except IgnoreRequest:
            robots = robots_of(399, b"")  # endless redirects: no rules (RFC 9309 §2.3.1.2)
        except Exception as error:
            word_of_failure(error)
            robots = robots_of(None, b"")
        self._slow_down(root, robots.delay_s(self._agent))
        return robots

    def _cut(self, data: bytes, request: Any) -> None:
        if request.meta.get("is_robots"):
            self._received[request.url] += len(data)
            if self._received[request.url] >= ROBOTS_BYTES:
                raise StopDownload(fail=False)

    def _slow_down(self, root: str, delay_s: float | None) -> None:
        downloader = self._crawler.engine.downloader
        host = urlsplit(root).hostname or ""
        slot = downloader.slots.get(host)
        if delay_s is None or (slot is not None and slot.delay >= delay_s):
            return
        downloader.per_slot_settings[host] = {"concurrency": 1, "delay": delay_s, "jitter": 0.0}
        if slot is not None:
            slot.concurrency, slot.delay, slot.jitter = 1, delay_s, 0.0


class PoliteThrottle(AutoThrottle):  # type: ignore[misc]
    """AutoThrottle that leaves alone what has a stated delay: a Crawl-delay of robots.txt, or the sample's loopback."""

    def _response_downloaded(self, response: Any, request: Any, spider: Any) -> None:
        if request.meta.get("download_slot") not in self.crawler.engine.downloader.per_slot_settings:
            with contextlib.suppress(AttributeError):  # a response that met no download has no slot
                super()._response_downloaded(response, request, spider)
