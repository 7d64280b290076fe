"""The raw store: one WARC file a source and window, so that everything can be read again without crawling again.

Pages go in as responses with their requests; a body that is already in the file becomes a `revisit` record. The
fetch log (`FetchLine`, one JSON line an address) is the index: it says at which byte the body lies. Bodies are stored
as unpacked (no Content-Encoding) and cookies are left out.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Final, Literal

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawlers.article import Genre

PageKind = Literal["page", "channel"]

# Framing of the wire, not of the page; and what could single out a reader.
_DROPPED_HEADERS: Final = frozenset(
    ("content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "set-cookie", "trailer")
)


class RawStoreError(RuntimeError):
    """A raw store that cannot be read; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class FetchLine:
    """One asked address in the fetch log.

    `item` is the hash that the outcomes use; `url` the address that answered (after redirects), `asked` the one that
    was discovered; `offset` the byte in the WARC where the body's record starts, None where nothing was stored;
    `feed_date` is ISO 8601 with offset, and only a date of publication, never of change.
    """

    item: str
    word: str
    kind: PageKind
    asked: str
    url: str
    genre: Genre
    status: int | None = None
    content_type: str | None = None
    digest: str | None = None
    offset: int | None = None
    feed_date: str | None = None
    feed_title: str | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> FetchLine:
        return cls(**json.loads(line))


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A stored page with what its feed said: what extraction starts from. `body` is bytes as unpacked."""

    url: str
    asked: str
    kind: PageKind
    genre: Genre
    status: int
    content_type: str | None
    body: bytes
    feed_date: str | None
    feed_title: str | None


class RawStore:
    """Writes one WARC file. `clock` gives the time of a response (aware, UTC)."""

    def __init__(self, handle: IO[bytes], clock: Callable[[], datetime]) -> None:
        self._handle = handle
        self._clock = clock
        self._writer = WARCWriter(handle, gzip=True, warc_version="1.1")
        self._stored: dict[str, tuple[int, str, str]] = {}  # digest -> offset, address, date of the first copy

    def add(
        self,
        url: str,
        status: int,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        request_headers: Iterable[tuple[str, str]],
    ) -> tuple[str, int]:
        """Store one response; returns its payload digest and the offset of the record that holds the body."""
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        date = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        kept = [(name, value) for name, value in headers if name.lower() not in _DROPPED_HEADERS]
        http = StatusAndHeaders(str(status), [*kept, ("Content-Length", str(len(body)))], protocol="HTTP/1.1")
        offset = self._handle.tell()
        # Record ids from position and content, not from chance: the same answers give the same file.
        name = f"{offset} {url} {digest}"
        facts = {"WARC-Date": date, "WARC-Record-ID": _record_id(name)}
        if (first := self._stored.get(digest)) is not None:
            offset, first_url, first_date = first
            record = self._writer.create_revisit_record(
                url, digest, first_url, first_date, http_headers=http, warc_headers_dict=facts
            )
        else:
            self._stored[digest] = (offset, url, date)
            record = self._writer.create_warc_record(
                url,
                "response",
                payload=BytesIO(body),
                length=len(body),
                http_headers=http,
                warc_headers_dict={**facts, "WARC-Payload-Digest": digest},
            )
        request = self._writer.create_warc_record(
            url,
            "request",
            http_headers=StatusAndHeaders(f"GET {url} HTTP/1.1", list(request_headers), is_http_request=True),
            warc_headers_dict={"WARC-Date": date, "WARC-Record-ID": _record_id(f"request {name}")},
        )
        self._writer.write_request_response_pair(request, record)
        return digest, offset


def _record_id(name: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}>"


def read_lines(fetched_path: Path) -> Iterator[FetchLine]:
    """The fetch log of a window, in order of address."""
    with fetched_path.open(encoding="utf-8") as lines:
        for line in lines:
            yield FetchLine.from_json(line)


def read_pages(warc_path: Path, fetched_path: Path) -> Iterator[FetchedPage]:
    """All stored pages of a window in the order of the fetch log. A body that is not what was stored is an error."""
    with warc_path.open("rb") as warc:
        for line in read_lines(fetched_path):
            if line.offset is None or line.status is None:
                continue
            warc.seek(line.offset)
            try:
                body: bytes = next(iter(ArchiveIterator(warc))).content_stream().read()
            except (ArchiveLoadFailed, StopIteration, OSError, EOFError) as error:
                raise _damaged(warc_path, line) from error
            if f"sha256:{hashlib.sha256(body).hexdigest()}" != line.digest:
                raise _damaged(warc_path, line)
            yield FetchedPage(
                url=line.url,
                asked=line.asked,
                kind=line.kind,
                genre=line.genre,
                status=line.status,
                content_type=line.content_type,
                body=body,
                feed_date=line.feed_date,
                feed_title=line.feed_title,
            )


def _damaged(warc_path: Path, line: FetchLine) -> RawStoreError:
    return RawStoreError(
        f"{warc_path}: the record of {line.asked} at byte {line.offset} is damaged; "
        "crawl this source again with --force"
    )
