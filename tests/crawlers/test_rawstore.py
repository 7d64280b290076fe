"""The raw store gives back what was put in, says so when it cannot, and is the same file for the same answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawlers.rawstore import FetchLine, RawStore, RawStoreError, read_pages

NOON = datetime(2026, 5, 11, 7, 0, tzinfo=UTC)
BODIES = [b"<html>\xd0\x9a", b"", b"<html>\xd0\x9a", b"x" * 100_000, b"HTTP/1.1 200 OK\r\n\r\nWARC/1.1\r\n"]


def _fill(folder: Path, bodies: Sequence[bytes] = BODIES) -> tuple[Path, Path]:
    out = BytesIO()
    store = RawStore(out, lambda: NOON)
    lines = []
    for number, body in enumerate(bodies):
        url = f"https://x.kz/{number}"
        headers = [("Content-Type", "text/html"), ("Content-Encoding", "br"), ("Set-Cookie", "id=1")]
        digest, offset = store.add(url, 200, headers, body, [("User-Agent", "Shanyraq")])
        lines.append(FetchLine(f"{number}", "fetched", "page", url, url, "news", 200, "text/html", digest, offset))
    lines.append(FetchLine("z", "gone", "page", "https://x.kz/z", "https://x.kz/z", "news", 404))
    warc, fetched = folder / "w.warc.gz", folder / "w.jsonl"
    warc.write_bytes(out.getvalue())
    fetched.write_text("".join(line.to_json() + "\n" for line in lines), encoding="utf-8")
    return warc, fetched


def test_bodies_come_back_in_order_and_identical_ones_are_stored_once(tmp_path: Path) -> None:
    warc, fetched = _fill(tmp_path)
    assert [(page.url[-1], page.body) for page in read_pages(warc, fetched)] == [
        (str(number), body) for number, body in enumerate(BODIES)
    ]
    with warc.open("rb") as handle:
        records = [
            (record.rec_type, record.rec_headers.get_header("WARC-Target-URI")[-1], dict(record.http_headers.headers))
            for record in ArchiveIterator(handle)
        ]
    assert [kind for kind, _, _ in records] == ["response", "request"] * 2 + ["revisit", "request"] + [
        "response",
        "request",
    ] * 2
    assert not any({"Set-Cookie", "Content-Encoding"} & set(headers) for _, _, headers in records)


def test_same_answers_same_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert _fill(tmp_path / "a")[0].read_bytes() == _fill(tmp_path / "b")[0].read_bytes()


@pytest.mark.parametrize("damage", ["flip", "cut", "swap"])
def test_damage_is_an_error_that_names_the_place(tmp_path: Path, damage: str) -> None:
    warc, fetched = _fill(tmp_path)
    raw = bytearray(warc.read_bytes())
    if damage == "flip":
        raw[40] ^= 0x40
    elif damage == "cut":
        del raw[60:]
    else:
        raw = bytearray(_fill(tmp_path, [b"other", *BODIES[1:]])[0].read_bytes())
        _fill(tmp_path)
    warc.write_bytes(raw)
    with pytest.raises(RawStoreError, match=r"w\.warc\.gz: the record of https://x\.kz/0 at byte 0 is damaged; crawl"):
        list(read_pages(warc, fetched))
