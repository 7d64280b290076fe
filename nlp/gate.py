"""The gate before the model: a text that names no people, no state and no interethnic matter needs no reading.

It errs to the open side: a relevant text stopped here is lost for good, a harmless one let through costs some
milliseconds. `bench/groups.py` measures recall and the share let through.
"""

from __future__ import annotations

import csv
import re
import tomllib
from functools import cache
from pathlib import Path

from nlp.groups import GroupsFound
from nlp.inflect import noun_forms
from nlp.normalise import fold, latin_readings

LEXICON = Path(__file__).with_name("gate.toml")
STATES = Path(__file__).with_name("states.csv")
_LATIN_WORD = re.compile(r"[a-zà-ɏ]{3,}")


def passes(text: str, found: GroupsFound, title: str | None = None) -> bool:
    """Whether a text is read by the model; `found` is `groups.find(text)`, the title is looked at by words only.

    Names of peoples and their look-alikes open the gate, names of foreign states, and the interethnic word list.
    """
    if found.homonyms or found.mentions:
        return True
    return _speaks(text) or (title is not None and _speaks(title))


def _speaks(text: str) -> bool:
    folded = fold(text).text
    if _matters().search(folded) or _states().search(text.lower()):
        return True
    readings = " ".join(reading for word in _LATIN_WORD.findall(folded) for reading in latin_readings(word))
    return bool(readings) and (_matters().search(readings) is not None or _states().search(readings) is not None)


@cache
def _matters() -> re.Pattern[str]:
    """The interethnic word list as one expression."""
    with LEXICON.open("rb") as file:
        table = tomllib.load(file)
    words = {word for section in table["beginnings"].values() for word in section["words"]}
    beginnings = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join([*beginnings, *table['phrases']['words']])})")


@cache
def _states() -> re.Pattern[str]:
    """Foreign states, and the towns and regions that stand for them, in three languages with any ending.

    Short names count only in forms of their own: "катар" must not open on Kazakh "қатар", nor "коре" on "корень".
    """
    whole: set[str] = set()
    beginnings: set[str] = set()
    with STATES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name in "|".join((row["lemma_ru"], row["lemma_kk"], row["lemma_en"])).split("|"):
                word = name.lower()
                stem = re.sub("[аяыиьй]$", "", word)
                if name.isupper() or len(stem) <= 2:
                    whole.add(word)
                elif len(stem) <= 4 and " " not in word:
                    whole |= noun_forms(word)
                    whole.add(rf"{word}(?:да|де|дан|ден|ға|ге|ның|нің|мен)")
                else:
                    beginnings.add(stem)
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(beginnings))}|(?:{'|'.join(sorted(whole - {''}))})(?!\w))")
