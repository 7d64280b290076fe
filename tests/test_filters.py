"""The filters' promise: one line out for each line in, in order; errors as lines; exit code 1 if there was any."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from shanyraq.filters import Field, Record, parse_lines, run_csv, run_lines

FIELDS = (Field("text", required=True), Field("title"))


def shout(records: Sequence[Record]) -> list[Record]:
    if any(record["text"] == "boom" for record in records):
        raise ValueError("no such text")
    return [{"id": record["id"], "loud": record["text"].upper()} for record in records]


def answer(raw: bytes, batch: int | None = 2) -> tuple[list[Record], int]:
    out = io.StringIO()
    errors = run_lines(parse_lines(io.BytesIO(raw), FIELDS), shout, out, batch=batch)
    return [json.loads(line) for line in out.getvalue().splitlines()], errors


def test_bad_lines_become_error_lines_and_nothing_else_is_lost() -> None:
    raw = b"\n".join(
        [
            b'\xef\xbb\xbf{"id":"a","text":"x","unknown":1}',
            b"",
            b"no json",
            b'{"id":"b"}',
            b'{"id":"a","text":"again"}',
            b'{"id":7,"text":"x"}',
            b'["list"]',
            b'{"id":"c","text":["x"]}',
            b'{"id":"d","text":"boom"}',
            b'{"id":"e","text":"\xff"}',
            b'{"id":"f","text":"\\ud800"}',
            b'{"id":"g","text":"end","title":null}',
        ]
    )
    answers, errors = answer(raw)
    shapes = [(a["id"], a.get("line"), a.get("loud"), "error" in a) for a in answers]
    assert shapes == [
        ("a", None, "X", False),
        (None, 3, None, True),
        ("b", None, None, True),
        ("a", None, "AGAIN", False),
        (None, 6, None, True),
        (None, 7, None, True),
        ("c", None, None, True),
        ("d", None, None, True),
        (None, 10, None, True),
        ("f", None, None, True),
        ("g", None, "END", False),
    ]
    assert errors == 8


@given(st.lists(st.text(max_size=20)), st.sampled_from([1, 3, None]))
def test_every_line_is_answered_in_order(texts: list[str], batch: int | None) -> None:
    lines = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts)]
    answers, _ = answer("\n".join(lines).encode(), batch)
    assert [a["id"] for a in answers] == [str(number) for number in range(len(texts))]


def test_csv_keeps_rows_and_counts_bad_ones() -> None:
    def judge(rows):  # type: ignore[no-untyped-def]
        for row in rows:
            yield {**row, "status": "ok" if row["count"].isdigit() else "error"}

    out = io.StringIO()
    errors = run_csv(io.BytesIO("series,count\nа,1\nб,x\n".encode()), judge, out)
    assert out.getvalue() == "series,count,status\nа,1,ok\nб,x,error\n"
    assert errors == 1
