"""Text as it is matched: lower case, look-alike letters undone, Kazakh letters folded; with a way back to the original.

Folding makes one spelling of many: Kazakh typed with Kazakh letters and with Russian ones ("өзбектер", "озбектер") meet
in the same folded word, so one lexicon serves both. Every folded character remembers the code point it came from,
because the spans promised to users point into the text as given (DECISIONS, "Filter commands").
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

KAZAKH_FOLD = str.maketrans("әғқңөұүһіёў", "агкноуухиеу")

# Anything outside these blocks sends the text down the slow, character-by-character way (a few per cent of texts).
_ODD = re.compile(
    r"[^\x00-\x7f\u00a0-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u04ff\u2010-\u2027\u2030-\u203a\u20ac\u2100-\u2122"
    r"\u2600-\u27bf\U0001f000-\U0001faff]"
)
_INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\ufeff"
)
_SOFT_HYPHEN = "\u00ad"

# Latin letters that look like Cyrillic ones (Unicode confusables) in a word that mixes the two scripts.
_LOOKALIKE = str.maketrans("aeopcxykmtbhuin", "аеорсхукмтвниип")
_LOOKALIKE_BACK = str.maketrans("аеорсхукмтвнії", "aeopcxykmtbhii")
_MIXED = re.compile(r"[а-яѐ-ӿ][a-z]|[a-z][а-яѐ-ӿ]")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN_LETTER = re.compile(r"[a-z]")

# Kazakh in Latin letters, in the several spellings in use since 2017, to the folded Cyrillic alphabet.
_LATIN_PAIRS = (("shch", "щ"), ("sh", "ш"), ("ch", "ч"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("gh", "г"))
_LATIN = str.maketrans(
    {
        **dict(zip("abcdefghijklmnopqrstuvwxyz", "абсдефгхижклмнопкрстуввхыз", strict=True)),
        **dict.fromkeys("äáâăə", "а"),
        **dict.fromkeys("ğǵġ", "г"),
        **dict.fromkeys("ıī", "и"),
        **dict.fromkeys("íîï", "и"),
        **dict.fromkeys("ñńŋ", "н"),
        **dict.fromkeys("öóōôɵ", "о"),
        **dict.fromkeys("šşś", "ш"),
        **dict.fromkeys("üúūûů", "у"),
        **dict.fromkeys("ýÿ", "у"),
        "ç": "ч",
        "č": "ч",
        "ž": "ж",
    }
)
_LATIN_GLIDE = re.compile(r"(?<=[аеоуыи])[ыи](?![бвгджзклмнпрстфхцчшщ]{2})")


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is the folded form; `origin[i]` the code point of the given text behind folded character `i`."""

    text: str
    origin: tuple[int, ...] | None  # None: folded and given text agree position by position

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A half-open span of the folded text, in code points of the given text."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def clean(text: str) -> str:
    """Lower case, hidden characters dropped, look-alike letters undone; Kazakh letters stay what they are."""
    return _plain(text)[0]


def fold(text: str) -> Folded:
    """The folded form of any text; never fails, whatever the characters."""
    plain, origin = _plain(text)
    return Folded(plain.translate(KAZAKH_FOLD), origin)


def _plain(text: str) -> tuple[str, tuple[int, ...] | None]:
    lowered = text.lower()
    origin: tuple[int, ...] | None = None
    if len(lowered) != len(text) or _SOFT_HYPHEN in lowered or _ODD.search(lowered):
        lowered, origin = _fold_slowly(text)
    if _MIXED.search(lowered):
        lowered = _WORD.sub(_undo_lookalikes, lowered)
    return lowered, origin


def fold_word(word: str) -> str:
    """The folded form of one clean dictionary word."""
    return word.lower().translate(KAZAKH_FOLD)


def latin_readings(word: str) -> tuple[str, ...]:
    """Folded Cyrillic readings of a Latin-letter word: `qazaqtar` → `казактар`; empty when nothing is Latin in it.

    Two readings differ in the glide (`qytai`, `qytay` → `кытаи`, `кытай`): no Latin spelling marks it reliably.
    """
    for pair, letter in _LATIN_PAIRS:
        word = word.replace(pair, letter)
    plain = word.translate(_LATIN)
    glide = _LATIN_GLIDE.sub("й", plain)
    return (plain,) if glide == plain else (plain, glide)


def _fold_slowly(text: str) -> tuple[str, tuple[int, ...]]:
    """Lower case with invisible characters dropped, accents joined or dropped, wide and styled letters made plain."""
    letters: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        if character < "\x80" or "Ѐ" <= character <= "ҁ":  # most characters even of an odd text
            letters.append(character.lower())
            origin.append(position)
            continue
        if character in _INVISIBLE or "\ufe00" <= character <= "\ufe0f":
            continue
        if unicodedata.combining(character):
            # "и" + breve is й, "е" + diaeresis is ё; any other accent (stress marks, zalgo) is dropped.
            joined = unicodedata.normalize("NFC", letters[-1] + character) if letters else ""
            if len(joined) == 1 and joined.lower() in "йёўїǵñńóöúüūýğşçžčšäáâôîíï":
                letters[-1] = joined
            continue
        plain = unicodedata.normalize("NFKC", character).lower()
        if len(plain) != 1:
            plain = character.lower()[:1]
        letters.append(plain)
        origin.append(position)
    return "".join(letters), tuple(origin)


def _undo_lookalikes(match: re.Match[str]) -> str:
    word = match[0]
    if not _MIXED.search(word):
        return word
    latin = len(_LATIN_LETTER.findall(word))
    if latin * 2 <= len(word) or not _LATIN_LETTER.search(word.translate(_LOOKALIKE)):
        return word.translate(_LOOKALIKE)
    return word.translate(_LOOKALIKE_BACK)
