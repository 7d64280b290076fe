"""Answers as files: CSV in which no text is run as a formula, and Parquet with the types of the warehouse.

Each writer takes batches of rows and returns how many there were, so that an answer larger than memory passes through.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from crawlers.layout import whole_file
from warehouse.errors import WarehouseError

Row = tuple[Any, ...]

# What a spreadsheet may pass over before a formula: blanks, controls, and marks that take no room (zero-width, bidi).
_BLANK: Final = r"[\s\x00-\x20\xa0\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
_LEAD: Final = r"[=+\-@＝＋－＠]"
# A cell that starts like this is run as a formula by spreadsheet programs (OWASP, "CSV injection").
FORMULA: Final = re.compile(rf"^{_BLANK}*{_LEAD}|^[\t\r\n]")
# Where the list separator is `;` (Excel in Kazakh and Russian) or a tab, quotes inside a line do not protect: what
# stands after such a mark, or on a new line of a cell, starts a cell of its own.
_INNER: Final = re.compile(rf"([;\t\r\n\v\f\x85\u2028\u2029]{_BLANK}*\"?{_BLANK}*)(?={_LEAD})")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def as_text(value: object) -> str:
    """The value as one text: lists and structures as JSON, moments in ISO 8601, null as nothing."""
    match value:
        case None:
            return ""
        case list() | tuple() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def safe_cell(value: object) -> str:
    """The value as text that no spreadsheet takes for a formula: such text gets a leading apostrophe.

    An apostrophe also stands before a formula after `;`, a tab or a new line inside the text.
    """
    text = as_text(value)
    if isinstance(value, int | float | Decimal) or _NUMBER.fullmatch(text):
        return text
    guard = "'" if FORMULA.match(text) else ""
    return guard + _INNER.sub(r"\1'", text)


def write_csv(columns: Sequence[str], rows: Iterable[Row], handle: IO[str]) -> int:
    """Comma-separated, one head line."""
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow([safe_cell(name) for name in columns])
    written = 0
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
        written += 1
    return written


def write_csv_file(columns: Sequence[str], rows: Iterable[Row], path: Path) -> int:
    """UTF-8 with a byte-order mark, so that Excel reads Cyrillic; whole or not at all."""
    with whole_file(path) as handle:
        handle.write("\ufeff")
        return write_csv(columns, rows, handle)


def write_parquet(
    batches: pa.RecordBatchReader,
    path: Path,
    about: Mapping[str, str] | None = None,
    descriptions: Mapping[str, str] | None = None,
) -> int:
    """Record batches as one Parquet file, whole or not at all.

    `about` goes into the file's metadata, `descriptions` (column -> sentence) into that of the columns. Pages carry
    checksums, so that a reader that verifies them sees a flipped bit.
    """
    told = descriptions or {}
    fields = [
        field.with_metadata({"description": told[field.name]}) if field.name in told else field
        for field in batches.schema
    ]
    schema = pa.schema(fields, metadata=dict(about) if about else None)
    written = 0
    with whole_file(path, "wb") as handle, pq.ParquetWriter(
        handle, schema, compression="zstd", write_page_checksum=True
    ) as writer:  # fmt: skip
        for batch in _each(batches):
            writer.write_batch(batch.replace_schema_metadata(None).cast(schema))
            written += batch.num_rows
    return written


def _each(batches: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The batches; what DuckDB complains of in the middle of an answer reaches us as an error of Arrow's reader."""
    while True:
        try:
            batch = batches.read_next_batch()
        except StopIteration:
            return
        except (OSError, pa.ArrowException) as error:
            said = " ".join(str(error).split())
            raise WarehouseError(f"the answer broke off ({said}); nothing was written") from error
        yield batch
