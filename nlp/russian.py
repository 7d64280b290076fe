"""Russian morphology as far as the reading needs it: one analyser a process, its answers kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import pymorphy3


@dataclass(frozen=True, slots=True)
class Analysis:
    """One reading of a word form: OpenCorpora tags as words, `lemma` with е for ё; `known`: it is in the dictionary;
    `naming`: given, patronymic, surname, place, organisation, or empty for a plain word."""

    speech: str
    animacy: str
    number: str
    case: str
    lemma: str
    known: bool
    naming: str = ""


_NAMINGS = {"Name": "given", "Patr": "patronymic", "Surn": "surname", "Geox": "place", "Orgn": "organisation"}


@cache
def _analyser() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=100_000)
def analyses(word: str) -> tuple[Analysis, ...]:
    """All readings of a lower-case word, the likeliest first; never empty."""
    try:
        parses = _analyser().parse(word)
    except ValueError:  # pymorphy3 asks Unicode for the name of a letter that has none (Tangut)
        return (Analysis("None", "None", "None", "None", word, known=False),)
    return tuple(
        Analysis(
            str(parse.tag.POS),
            str(parse.tag.animacy),
            str(parse.tag.number),
            str(parse.tag.case),
            parse.normal_form.replace("ё", "е"),
            parse.is_known,
            next((naming for grammeme, naming in _NAMINGS.items() if grammeme in parse.tag.grammemes), ""),
        )
        for parse in parses
    )
