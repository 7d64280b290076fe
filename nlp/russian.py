"""Russian morphology as far as the reading needs it: one analyser a process, its answers kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import pymorphy3


@dataclass(frozen=True, slots=True)
class Analysis:
    """One reading of a word form: OpenCorpora tags as words, `lemma` with е for ё; `known`: it is in the dictionary."""

    speech: str
    animacy: str
    number: str
    case: str
    lemma: str
    known: bool


@cache
def _analyser() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=100_000)
def analyses(word: str) -> tuple[Analysis, ...]:
    """All readings of a lower-case word, the likeliest first; never empty."""
    return tuple(
        Analysis(
            str(parse.tag.POS),
            str(parse.tag.animacy),
            str(parse.tag.number),
            str(parse.tag.case),
            parse.normal_form.replace("ё", "е"),
            parse.is_known,
        )
        for parse in _analyser().parse(word)
    )
