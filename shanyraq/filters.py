"""Stages as plain filters: JSON lines (or CSV) in, one line out for each line in, in order.

The shapes are a promise to outside evaluators (docs/filters.md). A bad line becomes an error line and the rest goes on;
the command ends with exit code 1 if there was any.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

Record = dict[str, Any]
Work = Callable[[Sequence[Record]], Sequence[Record]]

BATCH = 128  # lines read ahead: enough to fill a classifier batch, few enough that a pipe shows life


@dataclass(frozen=True, slots=True)
class Line:
    """One non-blank input line: either a checked `record` or an `error`."""

    number: int
    record: Record | None
    error: Record | None


@dataclass(frozen=True, slots=True)
class Field:
    """What a filter expects of one key."""

    name: str
    required: bool = False
    check: Callable[[str], object] | None = None  # raises ValueError where the value is refused


def parse_lines(stream: IO[bytes], fields: Sequence[Field]) -> Iterator[Line]:
    """Non-blank lines, each a JSON object with a string `id` and string fields; unknown keys are ignored."""
    for number, raw in enumerate(stream, start=1):
        if not raw.strip():
            continue
        yield _parse(number, raw, fields)


_HALF = re.compile("[\ud800-\udfff]")


def _parse(number: int, raw: bytes, fields: Sequence[Field]) -> Line:
    try:
        # No field is a number, and as an int one of more than 4,300 digits raises.
        record = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"), parse_int=float)
    except UnicodeDecodeError:
        return _bad(number, None, "the line is not UTF-8")
    except (json.JSONDecodeError, RecursionError) as error:
        return _bad(number, None, f"the line is no JSON: {error}")
    if not isinstance(record, dict):
        return _bad(number, None, "the line is JSON but no object")
    if not isinstance(record.get("id"), str):
        return _bad(number, None, "the field id is missing or no string")
    if _HALF.search(record["id"]):  # UTF-8 cannot say it, so it cannot be answered under that name
        return _bad(number, None, "the field id holds half of a surrogate pair")
    for field in fields:
        value = record.get(field.name)
        if value == "" and not field.required:  # as in a table: nothing written is nothing known
            value = record[field.name] = None
        if value is None:
            if field.required:
                return _bad(number, record["id"], f"the field {field.name} is missing")
        elif not isinstance(value, str):
            return _bad(number, record["id"], f"the field {field.name} must be a string")
        elif _HALF.search(value):
            return _bad(number, record["id"], f"the field {field.name} holds half of a surrogate pair")
        elif field.check is not None:
            try:
                field.check(value)
            except ValueError as error:
                return _bad(number, record["id"], f"the field {field.name}: {error}")
    kept = {"id": record["id"]} | {field.name: record.get(field.name) for field in fields}
    return Line(number, kept, None)


def _bad(number: int, identity: str | None, error: str) -> Line:
    if identity is None:
        return Line(number, None, {"id": None, "line": number, "error": error})
    return Line(number, None, {"id": identity, "error": error})


def run_lines(lines: Iterable[Line], work: Work, out: IO[str], *, batch: int | None = BATCH) -> int:
    """Answer every line in order; returns the number of errors. `batch` None: all lines at once (stories)."""
    errors = 0
    for chunk in _chunks(lines, batch):
        good = [line.record for line in chunk if line.record is not None]
        answers = iter(_answer(good, work))
        for line in chunk:
            answer = line.error if line.error is not None else next(answers)
            assert answer is not None
            errors += "error" in answer
            out.write(_one_line(answer))
        out.flush()
    return errors


# JSON leaves these three as they are, and a reader that splits by Unicode line breaks would see two lines.
_BREAKS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _one_line(answer: Record) -> str:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False).translate(_BREAKS) + "\n"


def _chunks(lines: Iterable[Line], size: int | None) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    for line in lines:
        chunk.append(line)
        if size is not None and len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _answer(records: Sequence[Record], work: Work) -> Sequence[Record]:
    """The batch's answers; if the batch fails as a whole, each record alone, so that one bad text costs one line."""
    if not records:
        return []
    try:
        return work(records)
    except Exception as error:
        if len(records) == 1:
            return [{"id": records[0]["id"], "error": f"{type(error).__name__}: {error}"}]
        return [_answer([record], work)[0] for record in records]


def run_csv(
    stream: IO[bytes],
    work: Callable[[Iterable[Mapping[str, str]]], Iterator[dict[str, str]]],
    out: IO[str],
    *,
    check: Callable[[Sequence[str]], object] = lambda _: None,
    added: Sequence[str] = (),
) -> int:
    """CSV with a header in, the same rows with the columns `added` by `work` out; returns the number of bad rows.

    `check` raises where the header cannot be used. Bytes that are no UTF-8 reach `work` as lone surrogates and are
    written as U+FFFD; of cells beyond the header `work` gets a list under the key `SURPLUS`.
    """
    csv.field_size_limit(2**31 - 1)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    rows = (row for row in csv.reader(text) if len(row) > 1 or "".join(row).strip())
    header = [name.strip() for name in next(rows, [])]
    check(header)
    written = list(dict.fromkeys([*header, *added]))
    writer = csv.DictWriter(out, written, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    errors = 0
    for row in work(_named(row, header) for row in rows):
        errors += row.get("status") == "error"
        writer.writerow({name: _HALF.sub("\ufffd", row.get(name) or "") for name in written})
    return errors


SURPLUS = "_surplus"  # no header has it: its value is no text


def _named(row: list[str], header: Sequence[str]) -> dict[str, Any]:
    cells: dict[str, Any] = dict(zip(header, row + [""] * (len(header) - len(row)), strict=False))
    return cells | {SURPLUS: row[len(header) :]} if len(row) > len(header) else cells
