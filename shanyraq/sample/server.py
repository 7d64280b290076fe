"""The sample's sites on loopback: `python -m shanyraq.sample.server --port 18231`, or `with serve() as server:`."""

from __future__ import annotations

import argparse
import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from shanyraq.sample.addresses import HOST, PORT, base_url
from shanyraq.sample.press import Answer, Press
from shanyraq.sample.world import SampleWorld, build_world


class SampleServer(ThreadingHTTPServer):
    """Serves one world; answers are made once each. `port` is the bound port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, world: SampleWorld, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.press = Press(world, base_url())
        self._answers: dict[str, Answer] = {}

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def base(self) -> str:
        return base_url()

    def answer(self, target: str) -> Answer:
        if target not in self._answers:
            made = self.press.answer(target)
            if made.status == 404:  # an endless supply of wrong addresses must not fill the memory
                return made
            self._answers[target] = made
        return self._answers[target]


class _Handler(BaseHTTPRequestHandler):
    server: SampleServer
    protocol_version: Final = "HTTP/1.1"  # type: ignore[misc]
    server_version: Final = "sample"  # type: ignore[misc]
    wbufsize: Final = -1  # type: ignore[misc]  # head and body in one packet: else Nagle waits 40 ms for the client's ACK
    disable_nagle_algorithm: Final = True  # type: ignore[misc]
    timeout: Final = 30  # type: ignore[misc]

    def do_GET(self) -> None:
        answer = self.server.answer(self.path)
        unchanged = answer.status == 200 and self.headers.get("If-None-Match") == answer.etag
        self.send_response(304 if unchanged else answer.status)
        self.send_header("ETag", answer.etag)
        if answer.changed:
            self.send_header("Last-Modified", format_datetime(answer.changed.astimezone(UTC), usegmt=True))
        if answer.location:
            self.send_header("Location", answer.location)
        if not unchanged:
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD" and not unchanged:
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: thousands of requests a run."""


@contextlib.contextmanager
def serve(port: int = 0, world: SampleWorld | None = None) -> Iterator[SampleServer]:
    """The sample's sites on 127.0.0.1 while the block runs; port 0 takes a free one."""
    try:
        server = SampleServer(world or build_world(), port)
    except OSError as error:
        complaint = (
            f"the sample server cannot listen on {HOST}:{port} ({error.strerror}); free the port or name another"
        )
        raise OSError(error.errno, complaint) from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve the fictional sample press on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=PORT)
    with serve(parser.parse_args().port) as server:
        print(f"http://{HOST}:{server.port}/ (sample, fictional; Ctrl-C ends)", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
