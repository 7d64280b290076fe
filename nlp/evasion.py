"""Texts disguised to slip past word lists: look-alike letters, signs for letters, gaps, slips, hidden marks.

In: a text, where its names of peoples stand, and a source of chance. Out: the text with those names and its hostile
words disguised; to a reader it says the same. Written apart from what undoes disguises (nlp/normalise.py,
nlp/disguise.py), so that the measure is no mirror of the cure.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from typing import Final

from nlp.reading import Span

# Beginnings of words that carry hostility by the codebook's scale: animals and dirt, expulsion, violence, blame.
_HOSTILE: Final = re.compile(
    r"\b(?:"
    r"твар|скот|свин|крыс|тарака|парази|саранч|зараз|грязн|вонюч|дикар|быдл|мраз|отброс|понаех|выгна|гнать|гони|вон\b"
    r"|уезжа|вали|убира|убив|убить|резать|бить\b|вешать|жечь|стреля|депорт|выдвор|наглы|вор[ыао]|преступн|захват|оккуп"
    r"|ит(?:тер|тің)|шошқа|мал(?:дар|ғұн)|қу(?:у|ып)|кет(?:сін|іңдер)|өлтір|қыр(?:у|ып)|келімсек|арам|басып"
    r"|scum|vermin|parasit|rats?\b|dirt|filth|animals?\b|leave\b|expel|deport|kick|kill|burn|thie|invad|stink|savage"
    r")\w*",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_CYRILLIC: Final = re.compile(r"[Ѐ-ӿ]")
_TO_LATIN: Final = dict(zip("аеорсухіһАВЕКМНОРСТУХІ", "aeopcyxihABEKMHOPCTYXI", strict=True))
_TO_CYRILLIC: Final = dict(zip("aeopcyxiABEKMHOPCTYXI", "аеорсухіАВЕКМНОРСТУХІ", strict=True))
_SIGNS: Final = {"о": "0", "а": "@4", "е": "3", "з": "3", "ч": "4", "с": "$", "б": "6", "и": "1", "і": "1"}
_LATIN_SIGNS: Final = {"o": "0", "a": "@4", "e": "3", "i": "1", "s": "$5"}
_HIDDEN: Final = "\u200b\u200c\u200d\u2060\u00ad"

Disguise = Callable[[str, random.Random], str]


def look_alikes(word: str, chance: random.Random) -> str:
    """Half of the letters that have a twin in the other script, at least one."""
    table = _TO_LATIN if _CYRILLIC.search(word) else _TO_CYRILLIC
    return _some(word, table, 0.5, chance)


def signs(word: str, chance: random.Random) -> str:
    """Digits and signs for a third of the letters that have one, at least one; the first letter stays."""
    table = _SIGNS if _CYRILLIC.search(word) else _LATIN_SIGNS
    return word[0] + _some(word[1:], table, 0.34, chance)


def gaps(word: str, chance: random.Random) -> str:
    """All letters set apart by one and the same sign."""
    return chance.choice((" ", ".", "-", "_")).join(word)


def slip(word: str, chance: random.Random) -> str:
    """One slip of the fingers inside the word: two letters swapped, one dropped or one doubled."""
    at = chance.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return chance.choice((swapped, word[:at] + word[at + 1 :], word[: at + 1] + word[at:]))


def hidden_marks(word: str, chance: random.Random) -> str:
    """Characters without width between some of the letters, at least one."""
    cuts = [k for k in range(1, len(word)) if chance.random() < 0.4] or [len(word) // 2]
    parts = [word[a:b] for a, b in zip([0, *cuts], [*cuts, len(word)], strict=True)]
    return chance.choice(_HIDDEN).join(parts)


KINDS: Final[dict[str, Disguise]] = {
    "homoglyphs": look_alikes,
    "leet": signs,
    "spacing": gaps,
    "typos": slip,
    "zero-width": hidden_marks,
}


def targets(text: str, names: Iterable[Span]) -> list[Span]:
    """Where to disguise: each word of the names and each hostile word, four letters or more, in order, none twice.

    Shorter words have too few letters left to be known again, by people as well.
    """
    words = [match.span() for first, last in names for match in _WORD.finditer(text, first, last)]
    words += [match.span() for match in _HOSTILE.finditer(text)]
    apart: list[Span] = []
    for span in sorted(words):
        if span[1] - span[0] >= 4 and (not apart or span[0] >= apart[-1][1]):
            apart.append(span)
    return apart


def disguised(text: str, where: Iterable[Span], kind: str, chance: random.Random) -> str:
    """`text` with one kind of disguise on every span of `where`."""
    pieces, position = [], 0
    for first, last in where:
        pieces += [text[position:first], KINDS[kind](text[first:last], chance)]
        position = last
    return "".join([*pieces, text[position:]])


def _some(word: str, table: dict[str, str], part: float, chance: random.Random) -> str:
    able = [k for k, letter in enumerate(word) if letter.lower() in table or letter in table]
    chosen = {k for k in able if chance.random() < part} or set(able[:1])
    return "".join(
        chance.choice(table.get(letter) or table[letter.lower()]) if k in chosen else letter
        for k, letter in enumerate(word)
    )
