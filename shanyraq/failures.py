"""What went wrong as one sentence for the user: what, where, and the way out."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

_OURS: Final = frozenset({"crawlers", "nlp", "warehouse", "reports", "shanyraq", "dags"})
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

# Airflow's own database: SQLAlchemy hands on SQLite's words and no number.
_SQLITE: Final = {
    "disk is full": errno.ENOSPC,
    "disk i/o error": errno.ENOSPC,
    "readonly database": errno.EROFS,
    "unable to open database file": errno.EACCES,
}
_SQLITE_DAMAGED: Final = ("malformed", "not a database")


def is_expected(error: BaseException) -> bool:
    """True for what our own errors say in a sentence, and for what the system refuses; anything else is a mistake."""
    return isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _OURS


def sentence_of(error: BaseException, data: Path) -> str:
    """One line. Our own errors are written as that sentence; `data` is named where the system names no file."""
    if isinstance(error, OSError):
        return _one_line(_refused(error, data))
    if is_expected(error):
        return _one_line(str(error))
    if number := _sqlite_number(error):
        return _one_line(_refused(OSError(number, "", str(data / "airflow")), data))
    if any(word in str(error) for word in _SQLITE_DAMAGED):
        return f"Airflow's own database {data / 'airflow' / 'airflow.db'} is damaged; delete it, a run makes it anew"
    said = _one_line(str(error)) or "no words"
    return f"unexpected {type(error).__name__}: {said}; SHANYRAQ_DEBUG=1 shows where it happened"


def _refused(error: OSError, data: Path) -> str:
    where = Path(error.filename or data)
    if where.suffix == ".part":  # the temporary neighbour that stages write; its folder is what a user knows
        where = where.parent
    if error.errno in _FULL:
        return f"the disk is full at {where}; free some space and run again, finished days are kept"
    if error.errno in _FORBIDDEN:
        return f"no permission for {where}; allow it, or choose another data folder with SHANYRAQ_DATA=/path"
    if error.errno == errno.ENOENT:
        return f"there is no {where}; name a file that exists"
    if error.errno is None or not error.strerror:
        return str(error)
    return f"{where}: {error.strerror}; put it right and run again"


def _sqlite_number(error: BaseException) -> int | None:
    said = str(error)
    return next((number for words, number in _SQLITE.items() if words in said), None) if "sqlite3" in said else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
