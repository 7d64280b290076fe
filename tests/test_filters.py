"""The filters' promise: one line out for each line in, in order; errors as lines; exit code 1 if there was any."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from shanyraq.cli import app
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
            b'{"id":"\\udc00","text":"x"}',
            b'{"id":"h","text":"x","unknown":' + b"9" * 5000 + b"}",
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
        (None, 13, None, True),
        ("h", None, "X", False),
    ]
    assert errors == 9


@given(st.lists(st.text(max_size=20)), st.sampled_from([1, 3, None]))
def test_every_line_is_answered_in_order(texts: list[str], batch: int | None) -> None:
    lines = [json.dumps({"id": str(number), "text": text}) for number, text in enumerate(texts)]
    answers, _ = answer("\n".join(lines).encode(), batch)
    assert [a["id"] for a in answers] == [str(number) for number in range(len(texts))]


def run(command: str, *records: Record) -> tuple[int, list[Record]]:
    raw = "\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    result = CliRunner().invoke(app, [command], input=raw.encode())
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_one_bad_date_does_not_part_the_stories_of_the_others() -> None:
    text = "в селе прошёл праздник наурыз на который пришли все соседи"
    code, answers = run(
        "stories",
        {"id": "a", "text": text, "published_at": "2026-01-10"},
        {"id": "b", "text": text, "published_at": "yesterday"},
        {"id": "c", "text": text, "published_at": "2026-01-09"},
        {"id": "d", "text": text, "published_at": ""},
    )
    assert code == 1
    assert "yesterday" in answers.pop(1)["error"]
    assert [(a["id"], a["story"], a["copy_of"]) for a in answers] == [
        ("a", "c", "c"),
        ("c", "c", None),
        ("d", "c", "c"),
    ]


def test_what_a_field_may_hold_does_not_hang_on_the_text() -> None:
    for text in ("В Караганде", "привет"):
        code, answers = run(
            "locate",
            {"id": "genre", "text": text, "genre": "blog"},
            {"id": "date", "text": text, "published_at": "31.05.2026"},
            {"id": "blank", "text": text, "genre": "", "published_at": "", "site": "", "home_region": ""},
        )
        assert code == 1
        assert ["error" in answer for answer in answers] == [True, True, False]


def test_the_country_of_publication_has_many_names() -> None:
    def regions(site: str) -> list[str | None]:
        _, answers = run("locate", {"id": "x", "text": "В селе Малиновка прошёл сход жителей.", "site": site})
        return [place["region"] for place in answers[0]["places"]]

    at_home = regions("Kazakhstan")
    assert at_home
    for site in ("KZ", "kz", "казахстан", "ҚАЗАҚСТАН", " Republic of Kazakhstan ", ""):
        assert regions(site) == at_home
    assert regions("RU") == regions("Ресей") == []


def signals(raw: bytes) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, ["signals"], input=raw)
    return result.exit_code, result.stdout.splitlines() or [str(result.exception)]


def test_signals_answers_every_header_and_every_row() -> None:
    head = b"series,region,week,count,exposure"
    added = b",expected,lo,hi,p,q,level,status".decode()
    assert signals(head + b"\n") == (0, [head.decode() + added])
    assert signals(b"\n\n" + head + b"\n\n")[0] == 0
    for bad in (b"", b"\n", b"series,region,week,count\n", head + b",count\n"):
        code, lines = signals(bad)
        assert code == 1 and len(lines) == 1 and lines[0].startswith("signals need")
    rows = (
        b"a,KZ-10,2026-W01,1,9,surplus\na,KZ-11,2026-W01,1,9\na,\xff,2026-W01,1,9\na,"
        + b"x" * 200_000
        + b",2026-W01,1,9\n"
    )
    code, lines = signals(head + b"\n" + rows)
    assert code == 1
    assert lines[0] == head.decode() + added
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == ["error", "no_baseline", "error", "no_baseline"]


def test_csv_keeps_rows_and_counts_bad_ones() -> None:
    def judge(rows):  # type: ignore[no-untyped-def]
        for row in rows:
            yield {**row, "status": "ok" if row["count"].isdigit() else "error"}

    out = io.StringIO()
    errors = run_csv(io.BytesIO("series,count\nа,1\nб,x\n".encode()), judge, out, added=["status"])
    assert out.getvalue() == "series,count,status\nа,1,ok\nб,x,error\n"
    assert errors == 1
