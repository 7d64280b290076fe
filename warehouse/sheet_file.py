"""Answers as XLSX in which no text is run as a formula. A module of its own: only a sheet needs openpyxl."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES

from crawlers.layout import whole_file
from warehouse.answer_files import FORMULA, Row, as_text
from warehouse.errors import WarehouseError

# XML 1.0 has no place for these characters; a sheet with one of them is "damaged".
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SHEET_ROWS: Final = 1_048_576  # Excel's limits, ECMA-376 viewers keep the same
_SHEET_COLUMNS: Final = 16_384
_CELL_TEXT: Final = 32_767
_EXACT: Final = 2**53  # a sheet's numbers are doubles
_FIRST_SERIAL: Final = date(1900, 3, 1)  # before it, sheets count a day that never was


def write_xlsx(columns: Sequence[str], rows: Iterable[Row], path: Path) -> int:
    """One sheet, head line frozen. All text is text: it keeps its letters and is never run, not even when edited.

    WarehouseError for an answer beyond the limits of a sheet. Moments lose their offset: sheets know none (Almaty).
    """
    if len(columns) > _SHEET_COLUMNS:
        raise WarehouseError(f"{path}: {len(columns)} columns, a sheet holds {_SHEET_COLUMNS}; write .parquet or .csv")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("answer")
    sheet.freeze_panes = "A2"
    written = 0
    try:
        sheet.append([_sheet_cell(sheet, name, path) for name in columns])
        for row in rows:
            written += 1
            if written >= _SHEET_ROWS:
                raise WarehouseError(f"{path}: a sheet holds {_SHEET_ROWS - 1} rows; write .parquet or .csv")
            sheet.append([_sheet_cell(sheet, value, path) for value in row])
    except BaseException:
        sheet.close()  # rows wait in a temporary file of openpyxl's
        raise
    with whole_file(path, "wb") as handle:
        book.save(handle)
    return written


def _sheet_cell(sheet: Any, value: object, path: Path) -> object:
    plain = _sheet_value(value)
    if not isinstance(plain, str):
        return plain
    text = _NOT_XML.sub("\ufffd", plain)
    if len(text) > _CELL_TEXT:
        raise WarehouseError(
            f"{path}: a text of {len(text)} characters, a cell holds {_CELL_TEXT}; write .parquet or .csv"
        )
    if not FORMULA.match(plain) and text not in ERROR_CODES:
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # openpyxl takes `=…` for a formula and `#N/A` for an error
    cell.quotePrefix = True  # what a typed apostrophe does: editing the cell leaves it a text
    return cell


def _sheet_value(value: object) -> object:
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _EXACT else str(value)
        case float() | Decimal():
            return value if math.isfinite(value) else str(value)
        case datetime():
            return value.replace(tzinfo=None) if value.date() >= _FIRST_SERIAL else value.isoformat()
        case date():
            return value if value >= _FIRST_SERIAL else value.isoformat()
        case _:
            return as_text(value)
