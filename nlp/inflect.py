"""Every case and number of Russian names of peoples, and the endings a Kazakh stem may carry, in folded letters.

Rules instead of a dictionary: names of peoples follow a dozen regular patterns, generating them takes milliseconds, and
a new entry in groups.toml needs no second file. Grammar after Zaliznyak (Russian) and the Kazakh school grammar.
"""

from __future__ import annotations

import re

from nlp.normalise import fold_word

_HARD_ADJECTIVE = ("ый", "ого", "ому", "ым", "ом", "ая", "ой", "ую", "ою", "ое", "ые", "ых", "ыми")
_VELAR_ADJECTIVE = ("ий", "ого", "ому", "им", "ом", "ая", "ой", "ую", "ою", "ое", "ие", "их", "ими")
_SOFT_ADJECTIVE = ("ий", "его", "ему", "им", "ем", "ая", "ей", "ую", "ею", "ее", "ие", "их", "ими")
_POSSESSIVE_ADJECTIVE = ("ий", "ьего", "ьему", "ьим", "ьем", "ья", "ьей", "ью", "ьею", "ье", "ьи", "ьих", "ьими")
_OBLIQUE_PLURAL = ("ам", "ами", "ах")

# A Kazakh ending in folded letters: plural, possessive, case, person, and the derivations that still mean the people.
_PLURAL = r"(?:[лдт][ае]р)"
_POSSESSIVE = (
    r"(?:(?:[иы]м[иы]з|[иы][нң][иы]з|м[иы]з|н[иы]з|[иы]м|[иы]н|[сc]?[иы]|л?[ае]р[иы])(?=н?[дтгкнмбпш]|[гк]?[ае]|$|л))"
)
_CASE = (
    r"(?:[ндт][иы]н|[гк][ае]|н[ае]|[ае]|[ндт][иы]|н|[дт][ае]|нд[ае]|[дт][ае]н|н[ае]н|нд[ае]г[иы]|[дт][ае]г[иы]|[мбп]ен(?:ен)?"
    r"|[ндт][иы]к[иы](?:нд[ае]н?|н[иы]н|н[ае]|н[иы]|н)?|л[иы]к|ш[ае]|[дт][ае]й|с[иы]з|[дт]ар(?:ша))"
)
_PERSON = r"(?:[мбп][иы]н|[мбп][иы]з|с[иы]н|с[иы]з|с[иы](?:зд[ае]р|нд[ае]р)|м)"
KAZAKH_ENDING = re.compile(rf"{_PLURAL}?{_POSSESSIVE}?{_CASE}?(?:г[ао]й)?{_PERSON}?(?:м[ае]|б[ае])?")
KAZAKH_TONGUE = re.compile(r"ш[ае](?:с[иы](?:н)?|н|г[ае]|н[иы]|д[ае]н|м|ң|л[ае]\w*)?")
KAZAKH_TONGUED = re.compile(r"т[иы]лд[иы](?:\w{0,8})")


def adjective_forms(adjective: str) -> frozenset[str]:
    """All forms of a Russian adjective given in the nominative masculine singular."""
    word = fold_word(adjective)
    stem = word[:-2]
    endings: tuple[str, ...]
    if word.endswith("чий"):
        endings = _POSSESSIVE_ADJECTIVE
    elif word.endswith("ый"):
        endings = _HARD_ADJECTIVE
    elif stem[-1] in "гкх":
        endings = _VELAR_ADJECTIVE
    else:
        endings = _SOFT_ADJECTIVE
    return frozenset(stem + ending for ending in endings)


def noun_forms(noun: str) -> frozenset[str]:
    """All forms of a Russian noun given in the nominative singular (a superset: rare variants are kept)."""
    word = fold_word(noun)
    if word.endswith(("анин", "янин", "арин")):
        return _singular_hard(word) | {word[:-2] + ending for ending in ("е", "ы", "", *_OBLIQUE_PLURAL)}
    if word.endswith("ец"):
        stem = word[:-2] + ("йц" if word[-3] in "аеиоуюя" else "ц")
        return frozenset(
            {word, *(stem + ending for ending in ("а", "у", "ем", "ом", "е", "ы", "ев", "ов", "ам", "ами", "ах"))}
        )
    if word.endswith(("енок", "чонок")):
        return frozenset({word, *(word[:-2] + "к" + ending for ending in ("а", "у", "ом", "е"))}) | {
            word[:-4] + ending for ending in ("ята", "ят", "ятам", "ятами", "ятах")
        }
    if word.endswith("ок") and len(word) > 4:
        stem = word[:-2] + "к"
        return frozenset({word, *(stem + ending for ending in ("а", "у", "ом", "е", "и", "ов", *_OBLIQUE_PLURAL))})
    if word.endswith("хол"):
        stem = word[:-2] + "л"
        return frozenset({word, *(stem + ending for ending in ("а", "у", "ом", "е", "ы", "ов", *_OBLIQUE_PLURAL))})
    if word.endswith("ье"):
        return frozenset(word[:-1] + ending for ending in ("е", "я", "ю", "ем", "и"))
    if word.endswith("ня"):
        return frozenset(word[:-1] + ending for ending in ("я", "и", "е", "ю", "ей", "ею"))
    if word.endswith("сть"):
        return frozenset(word[:-1] + ending for ending in ("ь", "и", "ью", "ей", "ям", "ями", "ях"))
    if word.endswith("ь"):
        endings = ("ь", "я", "ю", "ем", "е", "и", "ью", "ей", "ям", "ями", "ях")
        return frozenset(word[:-1] + ending for ending in endings)
    if word.endswith("ия"):
        return frozenset(word[:-1] + ending for ending in ("я", "и", "ю", "ей", "й", "ям", "ями", "ях"))
    if word.endswith("я"):
        return frozenset(word[:-1] + ending for ending in ("я", "и", "е", "ю", "ей", "й", "ям", "ями", "ях"))
    if word.endswith("а"):
        stem = word[:-1]
        forms = {stem + ending for ending in ("а", "е", "у", "ой", "ою", "ей", "и", "ы", "", "ам", "ами", "ах")}
        if stem[-1] == "к" and stem[-2] not in "аеиоуыэюя":
            forms |= {stem[:-1] + "ок", stem[:-1] + "ек"}
            if stem[-2] in "йь":
                forms.add(stem[:-2] + "ек")
            forms.discard(stem)
        return frozenset(forms)
    if word.endswith("й"):
        return frozenset(word[:-1] + ending for ending in ("й", "я", "ю", "ем", "е", "и", "ев", "ям", "ями", "ях"))
    plural: tuple[str, ...] = ("и", "ов", "ей") if word[-1] in "гкхжшчщ" else ("ы", "ов")
    return _singular_hard(word) | {word + ending for ending in (*plural, *_OBLIQUE_PLURAL)}


def plural_forms(nominative_plural: str) -> frozenset[str]:
    """All forms of a Russian plural noun given in the nominative."""
    stem = fold_word(nominative_plural)[:-1]
    return frozenset(stem + ending for ending in (nominative_plural[-1], "", *_OBLIQUE_PLURAL))


def kazakh_split(word: str, stems: frozenset[str]) -> tuple[str, str] | None:
    """The longest stem of `stems` that `word` starts with, and the ending after it if Kazakh grammar allows it."""
    for length in range(len(word), 1, -1):
        stem = word[:length]
        if stem in stems and (length == len(word) or KAZAKH_ENDING.fullmatch(word, length)):
            return stem, word[length:]
    return None


def _singular_hard(word: str) -> frozenset[str]:
    return frozenset(word + ending for ending in ("", "а", "у", "ом", "ем", "е"))
