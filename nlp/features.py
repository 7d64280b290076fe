"""What the baseline classifier sees of a text: hashed pieces of its slotted words, never an ethnonym.

A case's parts (context, title, text) come with groups already replaced by slots (`[G1]` people, `[G1!]` a slur for
them, `[E]` an ethnonym-shaped word that names no people). Text features are the same for every group order; group
features look at one group (`T`) among the others (`O`).
"""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from nlp.normalise import fold

BITS: Final = 17  # 131,072 columns: 3 % of the distinct pieces of 5,000 training texts collide
WIDTH: Final = 1 << BITS
WINDOW: Final = 6  # words each side of a group's name
UNSPECIFIED: Final = "unspecified"
_TOKEN: Final = re.compile(r"\[g\d+!?\]|\[e\]|[^\W\d_]+|\d+|[!?«»\"…)]")
_SLOT: Final = re.compile(r"\[g(\d+)(!?)\]")
_RUN: Final = re.compile(r"(.)\1{2,}")
_GENRES: Final = ("news", "post", "comment")
TEXT_FLAGS: Final = (
    *(f"genre={g}" for g in _GENRES),
    "groups=0",
    "groups=1",
    "groups=2",
    "groups=3+",
    "slur",
    "homonym",
)
GROUP_FLAGS: Final = (*TEXT_FLAGS, "own_slur", "own_text", "own_title", "own_context", "own_often", "unspecified")

Floats = npt.NDArray[np.float32]
Columns = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Case:
    """One gated text as the classifier gets it: slotted parts, group ids by slot number, where it happens.

    `where` is kazakhstan, abroad, both or none: which places the text (or else its headline) names.
    """

    text: str
    order: tuple[str, ...] = ()
    title: str = ""
    context: str = ""
    genre: str = "post"
    site: str = "Kazakhstan"
    where: str = "none"

    @property
    def targets(self) -> tuple[str, ...]:
        """The groups that are judged: those named, or the one nobody names."""
        return self.order or (UNSPECIFIED,)


def tokens(part: str) -> list[str]:
    """Folded words, slots and speaking punctuation; digits become one `0`, long runs of a letter two.

    Folding makes Kazakh typed with Russian letters, look-alike letters and hidden characters read alike.
    """
    plain = _RUN.sub(r"\1\1", fold(part).text)
    return ["0" if token.isdigit() else token for token in _TOKEN.findall(plain)]


def text_matrix(cases: Sequence[Case]) -> sparse.csr_matrix:
    """Cases × (hashed counts as 1 + log n, then flags); rows are not yet weighted."""
    return _matrix([(_text_columns(case), _text_flags(case)) for case in cases], WIDTH, len(TEXT_FLAGS))


def group_matrix(cases: Sequence[Case]) -> sparse.csr_matrix:
    """One row for each target of each case, in order: hashed text, hashed window (own columns), flags."""
    rows = []
    for case in cases:
        shared = _text_columns(case)
        parts = [tokens(part) for part in (case.text, case.title, case.context)]
        for number, group in enumerate(case.targets, start=1):
            rows.append(_group_row(case, parts, shared, number, group))
    return _matrix(rows, 2 * WIDTH, len(GROUP_FLAGS))


def weigh(matrix: sparse.csr_matrix, hashed: int, rarity: Floats) -> sparse.csr_matrix:
    """Multiply the first `hashed` columns by `rarity` (idf) and scale each row's hashed part to length one."""
    weighted = matrix.astype(np.float32)
    is_hashed = weighted.indices < hashed
    weighted.data[is_hashed] *= rarity[weighted.indices[is_hashed]]
    squares = np.where(is_hashed, weighted.data**2, 0.0)
    row_of = np.repeat(np.arange(weighted.shape[0]), np.diff(weighted.indptr))
    length = np.sqrt(np.bincount(row_of, squares, weighted.shape[0]))
    length[length == 0] = 1.0
    weighted.data[is_hashed] /= length[row_of[is_hashed]]
    return weighted


def _hash(piece: str) -> int:
    return zlib.crc32(piece.encode("utf-8", "surrogatepass")) & (WIDTH - 1)


@functools.lru_cache(maxsize=100_000)
def _word_columns(word: str, field: str) -> tuple[int, ...]:
    """Hashes of a word, of its first five letters and of its character 2- to 5-grams with word borders."""
    if word.startswith("["):
        return (_hash(f"{field}{word}"),)
    padded = f" {word} "
    pieces = [f"{field}w{word}", f"{field}s{word[:5]}"]
    pieces += [f"{field}{padded[i : i + n]}" for n in (2, 3, 4, 5) for i in range(len(padded) - n + 1)]
    return tuple(_hash(piece) for piece in pieces)


@functools.lru_cache(maxsize=200_000)
def _pair_column(first: str, second: str, field: str) -> int:
    return _hash(f"{field}{first[:6]}_{second[:6]}")


def _neutral(token: str) -> str:
    slot = _SLOT.fullmatch(token)
    return f"[g{slot.group(2)}]" if slot else token


def _text_columns(case: Case) -> list[int]:
    columns: list[int] = []
    for part, field in ((case.title, ""), (case.text, ""), (case.context, "c:")):
        words = [_neutral(token) for token in tokens(part)]
        for word in words:
            columns.extend(_word_columns(word, field))
        columns.extend(_pair_column(a, b, field) for a, b in itertools.pairwise(words))
        columns.extend(_pair_column(a, b, field + "_") for a, b in zip(words, words[2:], strict=False))
    return columns


def _text_flags(case: Case) -> list[str]:
    whole = f"{case.title} {case.text}"
    named = len(case.order)
    flags = [f"genre={case.genre}", f"groups={named}" if named < 3 else "groups=3+"]
    return flags + ["slur"] * ("!]" in whole) + ["homonym"] * ("[E]" in whole)


def _group_row(
    case: Case, parts: list[list[str]], shared: list[int], number: int, group: str
) -> tuple[list[int], list[str]]:
    own = {f"[g{number}]": "[t]", f"[g{number}!]": "[t!]"}
    columns = list(shared)
    flags = _text_flags(case)
    seen = 0
    for part, name in zip(parts, ("own_text", "own_title", "own_context"), strict=True):
        words = [own.get(token) or ("[o]" if _SLOT.fullmatch(token) else token) for token in part]
        at = [i for i, word in enumerate(words) if word in ("[t]", "[t!]")]
        if case.order and at:
            flags.append(name)
        if any(words[i] == "[t!]" for i in at):
            flags.append("own_slur")
        seen += len(at)
        columns.extend(WIDTH + column for column in _window_columns(words, at))
    if seen > 1:
        flags.append("own_often")
    if group == UNSPECIFIED:
        flags.append("unspecified")
    return columns, sorted(set(flags))


def _window_columns(words: list[str], at: list[int]) -> list[int]:
    near: set[int] = set()
    columns: list[int] = []
    for i in at:
        for k in range(max(0, i - WINDOW), min(len(words), i + WINDOW + 1)):
            near.add(k)
            if 0 < abs(k - i) <= 3:
                side = "<" if k < i else ">"
                columns.append(_pair_column(words[k], "", f"n{side}"))
                columns.append(_pair_column(words[k], "", f"n{side}{abs(k - i)}"))
    for k in sorted(near):
        columns.extend(_word_columns(words[k], "n:"))
        if k + 1 in near:
            columns.append(_pair_column(words[k], words[k + 1], "n:"))
    return columns


def _matrix(rows: list[tuple[list[int], list[str]]], hashed: int, flags: int) -> sparse.csr_matrix:
    names = GROUP_FLAGS if flags == len(GROUP_FLAGS) else TEXT_FLAGS
    place = {name: hashed + i for i, name in enumerate(names)}
    indices: list[Columns] = []
    values: list[npt.NDArray[Any]] = []
    starts = [0]
    for columns, marks in rows:
        distinct, counts = np.unique(np.array(columns, dtype=np.int64), return_counts=True)
        flagged = np.array(sorted(place[mark] for mark in marks), dtype=np.int64)
        indices += [distinct, flagged]
        values += [1.0 + np.log(counts.astype(np.float32)), np.full(len(flagged), 0.5, dtype=np.float32)]
        starts.append(starts[-1] + len(distinct) + len(flagged))
    if not rows:
        return sparse.csr_matrix((0, hashed + flags), dtype=np.float32)
    data = np.concatenate(values).astype(np.float32)
    return sparse.csr_matrix((data, np.concatenate(indices), starts), shape=(len(rows), hashed + flags))
