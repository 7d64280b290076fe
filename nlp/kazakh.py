"""Kazakh for spaCy, which has none: `spacy.blank("kk")` works once this module is imported or the project installed.

Tokens are cut as for Kyrgyz, the nearest language spaCy knows; abbreviations, numerals and frequent words are Kazakh.
No tagger, no lemmas: the components of nlp/pipeline.py need none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

import spacy
from spacy.attrs import LIKE_NUM, NORM, ORTH
from spacy.lang.ky.punctuation import TOKENIZER_INFIXES
from spacy.lang.tokenizer_exceptions import BASE_EXCEPTIONS
from spacy.language import BaseDefaults, Language
from spacy.util import update_exc

_NUMERALS: Final = frozenset(
    {
        "нөл", "бір", "екі", "үш", "төрт", "бес", "алты", "жеті", "сегіз", "тоғыз", "он", "жиырма", "отыз",
        "қырық", "елу", "алпыс", "жетпіс", "сексен", "тоқсан", "жүз", "мың", "миллион", "миллиард",
        "триллион", "бірінші", "екінші", "үшінші",
    }
)  # fmt: skip
_ABBREVIATIONS: Final = {
    "т.б.": "тағы басқа", "т.с.с.": "тағы сол сияқты", "т.": "туған", "ж.": "жыл", "жж.": "жылдар", "ғ.": "ғасыр",
    "б.з.": "біздің заманымыз", "б.з.д.": "біздің заманымызға дейін", "обл.": "облыс", "қ.": "қала",
    "ш/а": "шағын аудан", "млн": "миллион", "млн.": "миллион", "млрд": "миллиард", "млрд.": "миллиард",
    "тг.": "теңге", "тг": "теңге",
}  # fmt: skip
_STOP_WORDS: Final = frozenset(
    {
        "ал", "алайда", "арқылы", "бар", "басқа", "бәрі", "бен", "бері", "бірақ", "біз", "болады", "болған",
        "болды", "болып", "бойынша", "бұл", "да", "дағы", "деген", "дейін", "деп", "емес", "енді", "және",
        "жоқ", "көп", "керек", "кейін", "қазір", "қана", "мен", "менің", "мұндай", "не", "немесе", "неге",
        "ол", "олар", "оларға", "онда", "оның", "осы", "осындай", "өз", "өзі", "өте", "пен", "сен", "сені",
        "сіз", "сол", "солай", "сондай", "сондықтан", "сонымен", "та", "тағы", "тек", "туралы", "үшін", "ше",
        "шейін", "әр", "әлі", "әрі",
    }
)  # fmt: skip


def _like_number(text: str) -> bool:
    """Digits with signs and separators, a fraction, or a Kazakh numeral."""
    plain = text.lstrip("+-±~").replace(",", "").replace(".", "")
    above, slash, below = plain.partition("/")
    return plain.isdigit() or bool(slash and above.isdigit() and below.isdigit()) or text.lower() in _NUMERALS


class KazakhDefaults(BaseDefaults):  # type: ignore[misc]
    tokenizer_exceptions: ClassVar[dict[str, Any]] = update_exc(
        BASE_EXCEPTIONS, {short: [{ORTH: short, NORM: full}] for short, full in _ABBREVIATIONS.items()}
    )
    infixes: ClassVar[list[str]] = TOKENIZER_INFIXES
    lex_attr_getters: ClassVar[dict[int, Callable[[str], Any]]] = {LIKE_NUM: _like_number}
    stop_words: ClassVar[frozenset[str]] = _STOP_WORDS


class Kazakh(Language):  # type: ignore[misc]
    lang = "kk"
    Defaults = KazakhDefaults


spacy.registry.languages.register("kk", func=Kazakh)
