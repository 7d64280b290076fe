"""Training texts as people really type them: slips, look-alike letters, signs for letters, Kazakh in Russian letters.

In: a case and a source of chance. Out: a case with the same labels. Slots stay, their numbers are shuffled.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from nlp.features import Case
from nlp.normalise import KAZAKH_FOLD

_MARK: Final = re.compile(r"(\[G\d+!?\]|\[E\])")
_NUMBER: Final = re.compile(r"\[G(\d+)(!?)\]")
_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_SIGNS: Final = str.maketrans(
    {"о": "0", "а": "@", "е": "3", "з": "3", "ч": "4", "с": "$", "б": "6", "o": "0", "i": "1"}
)
_LATIN: Final = str.maketrans("аеорсухкмтвн", "aeopcyxkmtbh")
_QUIET: Final = re.compile(r"[^\w\s\[\]!]")

_SHARE_SLIPS: Final = 0.12
_SHARE_SIGNS: Final = 0.06
_SHARE_RUSSIAN_LETTERS: Final = 0.2
_SHARE_NO_STOPS: Final = 0.08


def shaken(case: Case, language: str, chance: random.Random) -> tuple[Case, list[int]]:
    """The case as somebody else would have typed it; `moved[k]` is the old index of the new target k."""
    changes: list[Callable[[str], str]] = []
    if language in ("kk", "mix") and chance.random() < _SHARE_RUSSIAN_LETTERS:
        changes.append(lambda words: words.lower().translate(KAZAKH_FOLD))
    if chance.random() < _SHARE_SLIPS:
        changes.append(lambda words: _WORD.sub(lambda m: _slip(m[0], chance) if chance.random() < 0.1 else m[0], words))
    if chance.random() < _SHARE_SIGNS:
        table: Mapping[int, int | str] = chance.choice((_SIGNS, _LATIN))
        changes.append(lambda words: _WORD.sub(lambda m: _signed(m[0], table, chance), words))
    if chance.random() < _SHARE_NO_STOPS:
        changes.append(lambda words: _QUIET.sub(" ", words).lower())
    moved = list(range(len(case.order)))
    chance.shuffle(moved)
    number_of = {old + 1: new + 1 for new, old in enumerate(moved)}

    def written(part: str) -> str:
        pieces = _MARK.split(part)
        for change in changes:
            pieces = [piece if _MARK.fullmatch(piece) else change(piece) for piece in pieces]
        return _NUMBER.sub(lambda m: f"[G{number_of.get(int(m[1]), int(m[1]))}{m[2]}]", "".join(pieces))

    order = tuple(case.order[old] for old in moved)
    changed = replace(
        case, text=written(case.text), title=written(case.title), context=written(case.context), order=order
    )
    return changed, moved or [0]


def _slip(word: str, chance: random.Random) -> str:
    k = chance.randrange(1, len(word) - 1)
    kind = chance.randrange(3)
    if kind == 0:
        return word[:k] + word[k + 1 :]
    if kind == 1:
        return word[:k] + word[k] + word[k:]
    return word[:k] + word[k + 1] + word[k] + word[k + 2 :]


def _signed(word: str, table: Mapping[int, int | str], chance: random.Random) -> str:
    if chance.random() < 0.6:
        return word
    return "".join(c.translate(table) if chance.random() < 0.4 else c for c in word)
