"""A loopback web server a test scripts page by page, and a canary that must never hear a byte."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from crawlers.layout import World
from crawlers.source import Source


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    # writes the body by itself (drips, endless answers)
    write: Callable[[BaseHTTPRequestHandler], None] | None = None


Page = Reply | bytes | str | Callable[[BaseHTTPRequestHandler], Reply]


class LoopbackSite:
    """`site["/path?query"] = page` or `site["host.example/path"] = page`; else 404.

    A page is text, bytes, a Reply or a function of the request.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.arrivals: list[tuple[float, str, str]] = []  # seconds, host, path
        self.agents: set[str] = set()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.arrivals.append((time.monotonic(), self.headers.get("Host", ""), self.path))
                site.agents.add(self.headers.get("User-Agent", ""))
                host = self.headers.get("Host", "").partition(":")[0]
                path = self.path.partition("?")[0]
                page: Page = next(
                    (site.pages[key] for key in (f"{host}{path}", self.path, path) if key in site.pages),
                    Reply(status=404),
                )
                if callable(page):
                    page = page(self)
                reply = page if isinstance(page, Reply) else Reply(page if isinstance(page, bytes) else page.encode())
                self.send_response(reply.status)
                headers = {"Content-Type": "text/html; charset=utf-8", **reply.headers}
                if reply.write is None:
                    headers.setdefault("Content-Length", str(len(reply.body)))
                else:
                    self.close_connection = True
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    reply.write(self) if reply.write else self.wfile.write(reply.body)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A killed client resets its connections; that is the test's doing."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __setitem__(self, path: str, page: Page) -> None:
        self.pages[path] = page

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def allowed(self) -> frozenset[tuple[str, int]]:
        return frozenset({("127.0.0.1", self.port)})

    def source(self, **facts: object) -> Source:
        """A source on this site with one feed, unless the test says otherwise."""
        values: dict[str, object] = {
            "source_id": "probe",
            "name": "Probe",
            "kind": "web",
            "home": f"{self.root}/",
            "languages": ("ru",),
            "owner_group": "probe",
            "stratum": "private",
            "feeds": (f"{self.root}/feed",),
        }
        return Source(**{**values, **facts})  # type: ignore[arg-type]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Canary:
    """Listens on loopback, outside every allowance; counts connections and bytes."""

    def __init__(self) -> None:
        self.connections = 0
        self.bytes = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.settimeout(1)
                with contextlib.suppress(OSError):
                    self.bytes += len(connection.recv(65536))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def site() -> Iterator[LoopbackSite]:
    server = LoopbackSite()
    yield server
    server.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    bird = Canary()
    yield bird
    bird.close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, "probe")


@pytest.fixture
def shared() -> Path:
    """The research data beside the repository; its absence is said aloud."""
    folder = Path(__file__).resolve().parents[3] / "shared"
    if not folder.is_dir():
        pytest.skip(f"no research data at {folder}")
    return folder
