"""Spellings and endings of place names in Russian, Kazakh and English: folding, Russian cases, Kazakh suffix chains.

Everything is compared in a folded alphabet: lower case, Kazakh letters as their Russian neighbours (people type
"Кордайдагы" for "Қордайдағы"), ё as е, accents, zero-width and soft-hyphen characters dropped, Latin look-alikes
inside a Cyrillic word as Cyrillic. Folding never changes which characters of the text a token covers.
"""

from __future__ import annotations

import re
import unicodedata

_KAZAKH = str.maketrans("әғқңөұүһіёїєґҷ", "агкноуухиеиегж")
_LOOKALIKE = str.maketrans("aeocpxyikmtbhö", "аеосрхуикмтвно")
_CYRILLIC = re.compile(r"[а-яё]")
_LATIN = re.compile(r"[a-z]")
# Combining marks, zero-width and soft-hyphen characters, apostrophes of transliteration.
_TURKIC = str.maketrans({"ı": "y", "ş": "sh", "ç": "ch", "ə": "a", "ŋ": "n"})
_DROPPED = re.compile("[\u0300-\u036f\u200b-\u200f\u2060\ufeff\u00ad'’‘ʼʹ`]")
# Kazakh in Latin letters and English spellings of it, longest first; y is decided by the letter before it.
_LATIN_KAZAKH = {
    "shch": "щ", "sh": "ш", "ch": "ч", "zh": "ж", "gh": "г", "kh": "х", "ts": "ц", "yu": "ю", "ya": "я",
    "a": "а", "b": "б", "c": "ц", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и",
    "j": "ж", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т",
    "u": "у", "v": "в", "w": "у",
    "x": "х", "z": "з",
}  # fmt: skip
_LATIN_UNIT = re.compile("|".join([*_LATIN_KAZAKH, "y"]))


def fold(word: str) -> str:
    """The word in the folded alphabet; Latin words stay Latin without their accents."""
    lower = word.lower().replace("и\u0306", "й")
    if lower.isascii():
        return lower.replace("'", "")
    lower = lower.translate(_KAZAKH)
    if _CYRILLIC.search(lower) and _LATIN.search(lower):
        lower = lower.translate(_LOOKALIKE)
    if _LATIN.search(lower):
        lower = lower.translate(_TURKIC)
    if "й" in lower:  # NFD would split й into и + breve
        return _DROPPED.sub("", lower)
    return _DROPPED.sub("", unicodedata.normalize("NFD", lower))


def latin_to_cyrillic(folded: str) -> str:
    """A folded Latin word in folded Cyrillic letters: almatyda → алматыда, korday → кордай."""
    out: list[str] = []
    for match in _LATIN_UNIT.finditer(folded):
        unit = match.group()
        if unit in "yi":  # "Korday", "Aqsai", but "Shymkent", "Tekeli"
            out.append("й" if out and out[-1] in "аеоуы" else "ы" if unit == "y" else "и")
        else:
            out.append(_LATIN_KAZAKH[unit])
    return "".join(out)


# Suffixes of a Kazakh name in the folded alphabet. `н` before them follows a possessive (Бөкей ордасында).
# -лық only without further endings: "алматылық блогер" tells where, "алматылықтар" names people.
_KAZAKH_SUFFIX = re.compile(
    r"(?P<abl>[дтн][ае]н)"
    r"|(?P<loc>н?[дт][ае](?:[гк][ыи](?:л[ае]р)?(?:н[ыи]н?|[гк][ае]|д[ае]н?|дай|дей|м[ае]н|м[еа]н)?)?)(?:мын|м[ыи]з|с[ыи]н)?"
    r"|(?P<dat>[гкн][ае])"
    r"|(?P<gen>[дтн][ыи]н)|(?P<attr>[лдт][ыи]к)"
    r"|(?P<obl>[дтн][ыи]|[дтн][ыи]к[ыи]|[мбп]ен(?:ен)?|ша|ше|л[ае]п)"
)


def kazakh_case(suffix: str, stem: str = "") -> str | None:
    """The case of a chain of suffixes: `nom abl loc dat gen obl attr`, or None if it is no chain a place name takes.

    Russian names in -ск take a linking vowel: Щучинскіде. `attr` is the attributive -лық ("алматылық блогер").
    """
    suffix = suffix.lstrip("-")
    if suffix.startswith(("и", "ы")) and stem.endswith("ск"):
        suffix = suffix[1:]
    if not suffix:
        return "nom"
    match = _KAZAKH_SUFFIX.fullmatch(suffix)
    return match.lastgroup if match else None


_HUSHING = "гкхжшчщ"
_ADJECTIVE_HARD = ("ый", "ого", "ому", "ым", "ом", "ая", "ой", "ую", "ое", "ые", "ых", "ыми")
_ADJECTIVE_SOFT = ("ий", "ого", "ому", "им", "ом", "ая", "ой", "ую", "ое", "ие", "их", "ими")


def adjective_forms(lemma: str) -> dict[str, str]:
    """Folded forms of a Russian adjective given in any gender's nominative, with `nom` or `obl` for each."""
    folded = fold(lemma)
    stem = folded[:-2]
    endings = _ADJECTIVE_SOFT if stem[-1:] in _HUSHING else _ADJECTIVE_HARD
    return {stem + ending: "nom" if stem + ending == folded else "obl" for ending in endings}


def noun_forms(lemma: str) -> dict[str, str]:
    """Folded forms of a Russian place name, with `nom` or `obl` for each; a name that takes no endings has one form.

    Rules by the last letters (Зализняк's types that occur among place names); a form that nobody writes does no harm.
    """
    word = fold(lemma)
    if word.endswith(("ый", "ий", "ое", "ее")) or word in ("луговой", "боровской", "заводской"):
        return adjective_forms(word)
    if word.endswith("а"):
        stem = word[:-1]
        forms = [stem + ("и" if stem[-1:] in _HUSHING else "ы"), *(stem + e for e in ("е", "у", "ой", "ою"))]
    elif word.endswith("я"):
        # -ия takes -ии in the prepositional (Россия: в России), -я the rest takes -е.
        forms = [word[:-1] + e for e in ("и", "е", "ю", "ей")]
    elif word.endswith("й"):
        forms = [word[:-1] + e for e in ("я", "ю", "ем", "е")]
    elif word.endswith("ь"):
        forms = [word[:-1] + e for e in ("и", "ью", "я", "ю", "ем", "е")]
    elif word.endswith("о"):
        forms = [word[:-1] + e for e in ("а", "у", "ом", "е")] if word.endswith(("во", "но")) else []
    elif word[-1:] in "еиыуюэ":
        forms = [word[:-1] + e for e in ("ах", "ам", "ами")] if word.endswith(("ны", "ты", "мираты")) else []
    else:
        forms = [word + e for e in ("а", "у", "ом", "ем", "е")]
    return {word: "nom", **{form: "obl" for form in forms if form != word}}


def city_adjective(lemma: str) -> str | None:
    """The Russian adjective of a city (Караганда → карагандинский), folded; None where none is formed by rule."""
    word = fold(lemma)
    if " " in word or word.endswith(("ий", "ый", "ое", "о", "и")):
        return None
    if word.endswith("ск"):
        # "Уральский" is the Urals as a rule.
        return None if word == "уральск" else word + "ий"
    if word.endswith(("а", "ы")):
        return word[:-1] + "инский"
    if word.endswith("ь"):
        return word[:-1] + "ский"
    return word + "ский" if word[-1:] not in "еэюя" else None
