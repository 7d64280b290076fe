"""Which language a text is in: Kazakh in any spelling, Russian, English, a mixture, another one, or none.

Rules go before the detector where its training has no say: Kazakh typed with Russian or Latin letters, neighbouring
languages it does not know (Kyrgyz, Uzbek), words mixed in one sentence. The detector (lingua) is restricted to the
languages at hand, which makes it better (unrestricted it takes dozens of Kazakh sentences for Kyrgyz-like neighbours)
and keeps it near 100 MB instead of 1 GB.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from lingua import Language, LanguageDetector, LanguageDetectorBuilder

from nlp.russian import analyses

CODES = ("kk", "ru", "en", "mix", "other", "und")

LEXICON = Path(__file__).with_name("language.toml")
_LISTS: dict[str, list[str]] = tomllib.loads(LEXICON.read_text(encoding="utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(_LISTS[name])


_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|[@#]\w+|\[[^\]\s]{1,12}\]|&\w+;")
_WORD = re.compile(r"[^\W\d_]+(?:['’ʻʼ‘`][^\W\d_]+)*")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")

# Letters no other language here has; "і" (U+0456) is also Ukrainian, ө ү ң also Kyrgyz, so they are weighed apart.
_KAZAKH_LETTER = re.compile(r"[әғқұһ]")
_SHARED_LETTER = re.compile(r"[өүңі]")
_KYRGYZ_DOUBLE = re.compile(r"уу|оо|ээ|өө|үү")
_KYRGYZ_SIGN = re.compile(
    r"(?<!\w)(?:жана|менен|үчүн|болгон|эмес|ушул|анын|кылган|өлкө\w*|боюнча|эле|аркылуу|экен|алар)(?!\w)"
)
_UKRAINIAN_LETTER = re.compile(r"[їєґ]")
_TATAR_BASHKIR_LETTER = re.compile(r"[җҗҙҡҫҥ]")
_TAJIK_UZBEK_LETTER = re.compile(r"[ҳҷӣӯў]")
_UZBEK_LATIN = re.compile(
    r"[og]['’ʻʼ‘`]|(?<!\w)(?:va|uchun|bilan|ham|yoki|edi|emas|lekin|juda|haqida|ular|esa|uning|bu|yil|mumkin|kabi|ega|shu)(?!\w)"
    r"|\w{3,}(?:ning|larni|larga|larda|lari|moqda|ilgan|adi|ydi|ishi|chilik|ligi|dagi)(?!\w)"
)

# Frequent Kazakh words as they are typed with Russian letters, none of them a Russian word.
_KAZAKH_WORDS = _words("kazakh_words")
_KAZAKH_TAIL = re.compile(
    r"\w{3,}(?:[лдт][ае]рд[иы]н|[лдт][ае]рг[ае]|[лдт][ае]рд[иы]|[лдт][ае]рд[ае]н?|[мд]ыз|мин|сын|гын|майды|мейди|байды|бейди"
    r"|пайды|пейди|айык|ейик|ыпты|ипти|ганда|генде|канда|кенде|нын|дын|тын|ддин|ушы|уши|гандар|гендер|ындар|индер|ншы|нши)"
)
_KAZAKH_LATIN_WORDS = _words("kazakh_latin_words")
_KAZAKH_LATIN_TAIL = re.compile(
    r"\w{2,}(?:[ldt][ae]rdy[nñŋ]?|[dt][ae]r[gğǵq][ae]|[dt][ae]rd[iı][nñŋ]?|[dt][ae]rd[ae]n?|l[ae]rdy[nñŋ]?|lerd[iı][nñŋ]?|m[ae][iy]dy|syz|syn|sy[nñŋ]"
    r"|myz|my[nñŋ]|[gq]andy|[nd]y[nñŋ]|ty[nñŋ]|yp|aiyq|yndağy|yndagy|ynda|ysty)"
)
# "y" as a vowel between consonants, and letters only Kazakh Latin has; Uzbek shares q, so q alone says nothing.
_KAZAKH_LATIN_LETTERS = re.compile(r"[bdgğhjklmnñpqrstvzş]y[bdgğhjklmnñpqrstvzş]|[ñŋğǵūŭı]|zh|qy|yq")
_RUSSIAN_WORDS = _words("russian_words")
_BOTH = _words("both")
_RUSSIAN_SIGN = re.compile(
    r"\w+(?:ться|тся|ешь|ишь|ают|яют|ует|уют|ется|ого|его|ому|ему|ыми|ими|ость|ости|ение|ения|ений|ский|ская|ские|ских|ской|ает|яет|ала|али|или|ила|ать|ить|еть|ые|ых|ую|ешь|ция|ции|цию)"
)
_ENGLISH_WORDS = _words("english_words")


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """`code` as in CODES; `script` Cyrl, Latn, mixed, other or none; `code_switch`: two languages in one text."""

    code: str
    script: str
    code_switch: bool = False


def identify(text: str) -> LanguageGuess:
    """The language of one text; links, handles and emoji do not count, nothing else left is `und`."""
    cleaned = _NOISE.sub(" ", text)
    words = [word.lower() for word in _WORD.findall(cleaned)]
    script = _script(cleaned)
    letters = sum(map(len, words))
    if letters < 2 or script == "none":
        return LanguageGuess("und", "none")
    if script == "other":
        return LanguageGuess("other", "other")
    cyrillic = [word for word in words if _CYRILLIC.search(word)]
    latin = [word for word in words if not _CYRILLIC.search(word) and _LATIN.search(word)]
    if 4 * len(latin) < len(words) or len(latin) < 2:
        return _cyrillic(cyrillic or words, script)
    if not cyrillic or 8 * len(cyrillic) < len(words):
        return _latin(latin, script)
    codes = {_cyrillic(cyrillic, script).code, _latin(latin, script).code} - {"und", "other"}
    if len(codes) > 1 or "mix" in codes:
        return LanguageGuess("mix", script, code_switch=True)
    return LanguageGuess(codes.pop() if codes else "other", script)


def identify_all(texts: Iterable[str]) -> list[LanguageGuess]:
    """The same for many texts, in order."""
    return [identify(text) for text in texts]


def reads_as_kazakh(text: str) -> bool:
    """Whether a text holds enough Kazakh to read its doubtful words as Kazakh ("казак" for қазақ)."""
    words = [word.lower() for word in _WORD.findall(text)]
    kazakh, russian = _cyrillic_counts(words)
    return kazakh >= 1 and kazakh >= russian


def _script(text: str) -> str:
    cyrillic, latin = len(_CYRILLIC.findall(text)), len(_LATIN.findall(text))
    if not cyrillic and not latin:
        return "other" if any(character.isalpha() for character in text) else "none"
    if 10 * min(cyrillic, latin) > max(cyrillic, latin):
        return "mixed"
    return "Cyrl" if cyrillic > latin else "Latn"


def _cyrillic_counts(words: list[str]) -> tuple[int, int]:
    """How many words can only be Kazakh, and how many only Russian."""
    kazakh = russian = 0
    for word in words:
        if _KAZAKH_LETTER.search(word) or _SHARED_LETTER.search(word) or word in _KAZAKH_WORDS:
            kazakh += 1
        elif word in _RUSSIAN_WORDS or (len(word) > 4 and _RUSSIAN_SIGN.fullmatch(word)):
            russian += 1
        elif len(word) > 5 and _KAZAKH_TAIL.fullmatch(word):
            kazakh += 1
    return kazakh, russian


def _certainly_russian(word: str) -> bool:
    """A Russian word Kazakh does not borrow as it stands: an inflected noun, a verb, an adverb, an adjective."""
    if word in _RUSSIAN_WORDS:
        return word not in _BOTH
    if word in _KAZAKH_WORDS or len(word) < 5 or not _CYRILLIC.search(word) or _KAZAKH_LETTER.search(word):
        return False
    first = analyses(word)[0]
    if not first.known or _SHARED_LETTER.search(word):
        return False
    if first.speech == "NOUN":
        return first.case != "nomn" or first.number == "plur"
    return first.speech in ("VERB", "INFN", "ADVB", "ADJF", "ADJS", "PRTS", "GRND", "NPRO", "PRED", "CONJ", "PREP")


def _russian_run(words: list[str]) -> bool:
    return any(
        len(first) + len(second) > 6 and _certainly_russian(first) and _certainly_russian(second)
        for first, second in pairwise(words)
    )


def _cyrillic(words: list[str], script: str) -> LanguageGuess:
    text = " ".join(words)
    if _UKRAINIAN_LETTER.search(text) or _TATAR_BASHKIR_LETTER.search(text):
        return LanguageGuess("other", script)
    if len(_TAJIK_UZBEK_LETTER.findall(text)) > 1:
        return LanguageGuess("other", script)
    own = _KAZAKH_LETTER.search(text) is not None or "і" in text
    # Kyrgyz shares ө ү ң with Kazakh, which cannot do without ә ғ қ ұ і for long.
    kyrgyz = _SHARED_LETTER.search(text) or (_KYRGYZ_DOUBLE.search(text) and _KYRGYZ_SIGN.search(text))
    if not own and len(words) > 5 and kyrgyz:
        return LanguageGuess("other", script)
    kazakh, russian = _cyrillic_counts(words)
    if kazakh:
        russian = sum(map(_certainly_russian, words))
    # Single Russian words in a Kazakh sentence are no mixture ("и", "но", a borrowing); two in a row or a sixth are.
    smaller = min(kazakh, russian)
    if smaller >= 2 and (smaller * 6 >= len(words) or _russian_run(words)):
        return LanguageGuess("mix", script, code_switch=True)
    if kazakh != russian:
        return LanguageGuess("kk" if kazakh > russian else "ru", script, code_switch=smaller > 1)
    guess = _detector().detect_language_of(text)
    return LanguageGuess("kk" if guess == Language.KAZAKH else "ru", script)


def _latin(words: list[str], script: str) -> LanguageGuess:
    text = " ".join(words)
    english = sum(word in _ENGLISH_WORDS for word in words)
    kazakh = sum(
        word in _KAZAKH_LATIN_WORDS or (len(word) > 4 and bool(_KAZAKH_LATIN_TAIL.fullmatch(word))) for word in words
    )
    kazakh += sum(bool(_KAZAKH_LATIN_LETTERS.search(word)) for word in words)
    if english * 6 >= len(words) and english >= kazakh:
        return LanguageGuess("en", script, code_switch=kazakh > 2)
    uzbek = len(_UZBEK_LATIN.findall(text))
    if uzbek * 8 >= len(words) and uzbek * 2 > kazakh:
        return LanguageGuess("other", script)
    if kazakh and kazakh * 5 >= len(words):
        return LanguageGuess("kk", script)
    guess = _detector().detect_language_of(text)
    if guess == Language.ENGLISH:
        return LanguageGuess("en", script)
    if guess == Language.TURKISH and (kazakh and not re.search("[şıç]", text)):
        return LanguageGuess("kk", script)
    return LanguageGuess("other", script)


@cache
def _detector() -> LanguageDetector:
    return LanguageDetectorBuilder.from_languages(
        Language.KAZAKH, Language.RUSSIAN, Language.ENGLISH, Language.TURKISH
    ).build()
