"""Global policy of every crawl as Scrapy settings. A source file has no key that reaches any of this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crawlers.net import AddressGuard

CONCURRENT: Final = 4  # four bodies of `max_bytes` at once on 80 MB of imports stay under 120 MB, even of bombs
PRODUCT: Final = "Shanyraq"  # the token that robots.txt files are read for


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may cost a host and ourselves. Delays apply to every host except allowed loopback pairs."""

    delay_s: float = 1.0  # between two requests to a host; AutoThrottle only ever raises it
    timeout_s: float = 20.0  # for a whole response, first byte to last: a slow drip is cut here
    max_bytes: int = 8 * 1024 * 1024  # of a body, as sent and again when unpacked
    budget_per_host: int = 5_000  # requests a run: at 1 request a second the 80 minutes a nightly crawl may take
    retry_wait_s: float = 30.0  # first pause before a channel page is asked for again
    run_limit_s: float = 3 * 3600.0  # then what is left becomes `over_budget` and waits for the next run
    redirects: int = 5  # RFC 9309 §2.3.1.2 asks for five; more is a loop


def user_agent(contact: str) -> str:
    """Honest and reachable: who asks, and where a webmaster can complain. `contact` is a mail or web address."""
    return f"{PRODUCT}/0.1 (+{contact})"


def scrapy_settings(guard: AddressGuard, limits: Limits, contact: str) -> dict[str, Any]:
    """All settings of a crawl. Extensions and handlers that a crawl does not need are off: they cost start-up time."""
    loopback: Mapping[str, Any] = {"delay": 0.0, "concurrency": CONCURRENT, "jitter": 0.0}
    hosts = {host for host, _ in guard.loopback_allowed}
    hosts |= {name for name in guard.pinned if (pin := guard.pin(name)) and pin[0] in hosts}
    return {
        "BOT_NAME": PRODUCT,
        "USER_AGENT": user_agent(contact),
        "ROBOTSTXT_USER_AGENT": PRODUCT,
        "ADDRESS_GUARD": guard,
        "BUDGET_PER_HOST": limits.budget_per_host,
        "TWISTED_DNS_RESOLVER": "crawlers.net.GuardedResolver",
        "DOWNLOAD_HANDLERS": {
            "http": "crawlers.net.GuardedHandler",
            "https": "crawlers.net.GuardedHandler",
            "data": None,
            "file": None,
            "ftp": None,
            "s3": None,
        },
        "DOWNLOADER_MIDDLEWARES": {
            "crawlers.net.AddressGuardMiddleware": 10,
            "crawlers.net.BudgetMiddleware": 20,
            "crawlers.net.RobotsMiddleware": 100,
            "crawlers.net.BoundedCompressionMiddleware": 590,
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # replaced: it allows on 5xx
            "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
            # a page's meta refresh is text of a stranger, not an answer of the server
            "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
            # a proxy from the environment would resolve and connect where the guard cannot look
            "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
            "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
            "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware": None,
        },
        "SPIDER_MIDDLEWARES": {
            "scrapy.spidermiddlewares.referer.RefererMiddleware": None,
            "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
        },
        "EXTENSIONS": {
            "crawlers.net.PoliteThrottle": 0,
            "scrapy.extensions.closespider.CloseSpider": 0,
            "scrapy.extensions.throttle.AutoThrottle": None,
            "scrapy.extensions.telnet.TelnetConsole": None,
            "scrapy.extensions.remote_control.RemoteControl": None,
            "scrapy.extensions.memusage.MemoryUsage": None,
            "scrapy.extensions.memdebug.MemoryDebugger": None,
            "scrapy.extensions.feedexport.FeedExporter": None,
            "scrapy.extensions.logstats.LogStats": None,
            "scrapy.extensions.spiderstate.SpiderState": None,
            "scrapy.extensions.corestats.CoreStats": None,
            "scrapy.extensions.logcount.LogCount": None,
        },
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "REFERER_ENABLED": False,
        "STATS_DUMP": False,
        "HTTPERROR_ALLOW_ALL": True,  # statuses become outcomes, in the spider
        "CONCURRENT_REQUESTS": CONCURRENT,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": limits.delay_s,
        "DOWNLOAD_SLOTS": {host: dict(loopback) for host in hosts},
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": limits.delay_s,
        "DOWNLOAD_TIMEOUT": limits.timeout_s,
        "DOWNLOAD_MAXSIZE": limits.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DNS_TIMEOUT": limits.timeout_s,
        "REDIRECT_MAX_TIMES": limits.redirects,
        "CLOSESPIDER_TIMEOUT": limits.run_limit_s,
        "RETRY_TIMES": 2,
        # Time-outs are left out: whoever took the whole limit once would take it three times.
        "RETRY_EXCEPTIONS": [
            "scrapy.exceptions.CannotResolveHostError",
            "scrapy.exceptions.DownloadConnectionRefusedError",
            "scrapy.exceptions.DownloadFailedError",
            "scrapy.exceptions.ResponseDataLossError",
        ],
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
    }
