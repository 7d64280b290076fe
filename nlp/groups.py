"""Who is named: every name of a people in a text with its span, and the look-alikes that name no people.

Read `find` first, then `_Resolver`. A name is recognised by its form (lexicon of groups.toml, every ending), and then
judged by the construction it stands in: an adjective belongs to its head noun ("узбекская семья" are people, "узбекский
плов" is a dish), a bare Kazakh stem to the word after it ("орыс көрші", "орыс тілі"). Constructions are judged alike for
all peoples, never by group: that is what makes the slotted text, and so the classifier, blind to who is named.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from nlp.inflect import (
    KAZAKH_TONGUE,
    KAZAKH_TONGUED,
    adjective_forms,
    kazakh_split,
    noun_forms,
    plural_forms,
)
from nlp.language import reads_as_kazakh
from nlp.normalise import Folded, fold, fold_word, latin_readings
from nlp.reading import GroupMention, Homonym
from nlp.russian import analyses

LEXICON = Path(__file__).with_name("groups.toml")

# These names are no ethnonyms by form ("местные власти", "приезжий артист"): where they name no people they are
# plain words and leave no homonym slot behind.
GENERIC_GROUPS = frozenset({"migrants", "locals", "unspecified", "black", "white", "kandas"})

_WORD = re.compile(r"[^\W\d_]+")
_SIGNED = re.compile(r"[^\W\d_][0-9@*#$]+[^\W\d_]|(?<![\w@])[034@][^\W\d_]{2}")
_SIGNED_WORD = re.compile(r"(?<![\w@*#$])[034@]?[^\W\d_]+(?:[0-9@*#$]{1,2}[^\W\d_]+)*[@0]?(?!\w)")
_SPACED = re.compile(r"(?<!\w)[^\W\d_](?:[ .\-_*·,]{1,2}[^\W\d_](?!\w)){3,}")
_HYPHENED = re.compile(r"[^\W\d_]+(?:-\s?[^\W\d_]+)+")
_RUN = re.compile(r"(.)\1{2,}")
# What a sign may stand for; "*" hides any vowel, "#" is noise or a vowel.
_CYRILLIC_SIGNS = {
    "0": "о",
    "1": "иил",
    "3": "зе",
    "4": "ча",
    "5": "с",
    "6": "б",
    "8": "в",
    "9": "я",
    "@": "а",
    "$": "с",
}
_LATIN_SIGNS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s"}
_LONGEST_LIST = 24  # names in a row that may share one head noun; keeps a wall of names linear
_LONGEST_SPACED = 120  # longer runs are tables and garbage
_MOST_SIGNS = 4  # 7 readings of a sign: 2,401 look-ups at the most, and such words are rare

_JOINING = re.compile(r"[ \t\u00a0]+|[-\u2010\u2011\u2013]|[ \t\u00a0]*[«\"“][ \t]*")
_SENTENCE_START = re.compile(r"(?:^|[.!?…\n:»\"“«(\[]|[—–-]\s)\s*$")
_RUSSIAN_AND = frozenset({"и", "или", "да", "либо", "а", "с"})
_KAZAKH_AND = frozenset({"пен", "мен", "бен", "жане", "не", "немесе", "менен", "и", "та", "те", "да", "де"})
_ENGLISH_FUNCTION_WORDS = frozenset(["and", "or", "this", "that", "but", "to", "with", "at", "for", "because", "when", "while", "on", "in", "each", "every"])
_LANGUAGE_VERBS_EN = frozenset({"speak", "speaks", "spoke", "speaking", "learn", "learns", "learning", "into"})


@dataclass(frozen=True, slots=True)
class GroupsFound:
    """All mentions and homonyms of a text, each in order of appearance; they never overlap."""

    mentions: tuple[GroupMention, ...] = ()
    homonyms: tuple[Homonym, ...] = ()


@dataclass(frozen=True, slots=True)
class SlottedText:
    """The text with names replaced: `[G1]`, `[G2]` … people, `[G1!]` a slur for them, `[E]` a homonym.

    `order[0]` is the group behind `[G1]`; groups are numbered by first appearance.
    """

    text: str
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word form may be: `kind` is its part of speech as far as the constructions tell it apart."""

    group: str
    kind: str  # person adjective nominal combining tongue bare inflected english english_people fixed
    pejorative: bool = False
    homonym: str = ""  # a fixed kind of homonym
    stem: str = ""  # the Kazakh stem as written in the lexicon; spellings that fold alike are joined by "|"


@dataclass(frozen=True, slots=True)
class _Word:
    start: int  # in the folded text
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Name:
    """A judged name, in positions of the folded text; `kind` of homonym, empty for people."""

    start: int
    end: int
    group: str
    pejorative: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class _Context:
    kind: str
    words: frozenset[str]
    stems: frozenset[str]  # Kazakh
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    pattern: re.Pattern[str]
    group: str
    pejorative: bool


@dataclass(frozen=True, slots=True)
class _Lexicon:
    forms: dict[str, Sense]  # Russian and indeclinable forms, folded
    english: dict[str, Sense]
    english_capital: frozenset[str]  # English names that are common words in lower case
    kazakh: dict[str, Sense]  # stems
    kazakh_stems: frozenset[str]
    prefixes: tuple[tuple[str, Sense], ...]
    heads_ru: dict[str, str]
    heads_en: dict[str, str]
    heads_kk: dict[str, str]
    heads_kk_stems: frozenset[str]
    country_stems: frozenset[str]
    beside: dict[str, tuple[str, ...]]
    contexts: tuple[_Context, ...]
    states: tuple[tuple[str, str], ...]  # folded beginning of a state's name → its people
    beginnings: frozenset[str]  # first three letters of every form and stem
    plain: frozenset[str]
    phrase_triggers: frozenset[str]  # first four letters of a word each phrase holds


def find(text: str) -> GroupsFound:
    """Every name of a people in `text` (spans in its code points) and every look-alike ruled out."""
    folded = fold(text)
    words, phrase_possible = _words(folded)
    hits = [(index, sense) for index, word in enumerate(words) if (sense := sense_of(word.text)) is not None]
    if not hits and not phrase_possible:
        return GroupsFound()
    return _Resolver(text, folded, words, hits).found(phrase_possible)


def slots(text: str, found: GroupsFound) -> SlottedText:
    """`text` with every name of `found` replaced, so that no reader of the result can tell which people it was.

    English possessives and a following "people" go into the slot: "Kyrgyz people's" and "Kazakhs'" must read alike.
    """
    order: list[str] = []
    pieces: list[str] = []
    position = 0
    marks: list[tuple[tuple[int, int], str]] = []
    for mention in found.mentions:
        if mention.group not in order:
            order.append(mention.group)
        marks.append((mention.span, f"[G{order.index(mention.group) + 1}{'!' if mention.pejorative else ''}]"))
    marks += [(homonym.span, "[E]") for homonym in found.homonyms]
    for (start, end), mark in sorted(marks):
        pieces += [text[position:start], mark]
        tail = _ENGLISH_TAIL.match(text, end) if "a" <= text[end - 1].lower() <= "z" else None
        position = tail.end() if tail else end
    pieces.append(text[position:])
    return SlottedText("".join(pieces), tuple(order))


_ENGLISH_TAIL = re.compile(r"(?:[ ]people)?(?:['’]s?(?![^\W_]))?")


@lru_cache(maxsize=200_000)
def sense_of(word: str) -> Sense | None:
    """The sense of one folded word, or None; Latin letters are read as English first, then as Kazakh or Russian."""
    if not 3 <= len(word) <= 40:
        return None
    if "a" <= word[0] <= "z" or not word[0] >= "а":
        if (sense := _lexicon().english.get(word)) is not None:
            return sense
        return next((sense for reading in latin_readings(word) if (sense := _cyrillic_sense(reading))), None)
    return _cyrillic_sense(word)


def _cyrillic_sense(word: str) -> Sense | None:
    lexicon = _lexicon()
    if word[:3] not in lexicon.beginnings or word in lexicon.plain:
        return None
    if (sense := lexicon.forms.get(word)) is not None:
        return sense if sense.kind != "state" else None
    for prefix, sense in lexicon.prefixes:
        if word.startswith(prefix):
            return sense
    return kazakh_sense(word)


@lru_cache(maxsize=50_000)
def kazakh_sense(word: str) -> Sense | None:
    """The sense of a folded word by Kazakh grammar alone: a stem and an ending it may carry."""
    lexicon = _lexicon()
    split = kazakh_split(word, lexicon.kazakh_stems)
    if split is not None:
        stem, ending = split
        sense = lexicon.kazakh[stem]
        if sense.kind == "state":
            return None
        if sense.kind == "fixed" or not ending:
            return sense
        if KAZAKH_TONGUE.fullmatch(ending):
            return Sense(sense.group, "tongue", stem=sense.stem)
        return Sense(sense.group, "inflected", sense.pejorative, stem=sense.stem)
    for length in range(min(len(word), 14), 3, -1):
        stem, ending = word[:length], word[length:]
        if stem in lexicon.kazakh_stems:
            sense = lexicon.kazakh[stem]
            if KAZAKH_TONGUE.fullmatch(ending):
                return Sense(sense.group, "tongue", stem=sense.stem)
            if KAZAKH_TONGUED.fullmatch(ending):  # "орыстілді": speakers, named as a people
                return Sense(sense.group, "inflected", stem=sense.stem)
    return None


def _spelt_as(stem: str, surface: str) -> bool:
    """Whether a surface may be the stem: each Kazakh letter is itself or typed as a Russian one, never another.

    "құрды" (built) folds like "күрді" (the Kurd): the letters behind the folding tell them apart.
    """
    return any(
        all(
            given == expected or given not in _KAZAKH_LETTERS
            for given, expected in zip(surface, spelling, strict=False)
        )
        for spelling in stem.lower().split("|")
    )


_KAZAKH_LETTERS = frozenset("әғқңөұүһі")


class _Resolver:
    """Judges the hits of one text by the words around them."""

    def __init__(self, text: str, folded: Folded, words: list[_Word], hits: list[tuple[int, Sense]]) -> None:
        self.text = text
        self.folded = folded
        self.words = words
        self.lexicon = _lexicon()
        self.senses = {index: sense for index, hit in hits if (sense := self._as_spelt(index, hit)) is not None}
        self._kazakh: bool | None = None

    def found(self, phrase_possible: bool) -> GroupsFound:
        names = self._phrases() if phrase_possible else []
        covered = bytearray(len(self.folded.text))
        for name in names:
            covered[name.start : name.end] = b"\1" * (name.end - name.start)
        for index, sense in self.senses.items():
            word = self.words[index]
            if covered[word.start] or covered[word.end - 1]:
                continue
            verdict = self._verdict(index, sense)
            if verdict is not None:
                group, kind = verdict
                names.append(_Name(word.start, word.end, group, sense.pejorative and not kind, kind))
        mentions, homonyms = [], []
        for name in self._merge(sorted(names, key=lambda name: name.start)):
            span = self.folded.span(name.start, name.end)
            surface = self.text[span[0] : span[1]]
            if name.kind:
                homonyms.append(Homonym(name.group, span, surface, name.kind))
            else:
                mentions.append(GroupMention(name.group, span, surface, name.pejorative))
        return GroupsFound(tuple(mentions), tuple(homonyms))

    def _as_spelt(self, index: int, sense: Sense) -> Sense | None:
        """The sense that agrees with the letters behind the folding: Kazakh letters rule Russian forms out."""
        word = self.words[index]
        start, end = self.folded.span(word.start, word.end)
        surface = self.text[start:end].lower()
        if _KAZAKH_LETTERS.isdisjoint(surface) or len(surface) != len(word.text):
            return sense
        judged = sense if sense.stem else kazakh_sense(word.text)
        if judged is None or not judged.stem:
            return judged
        return judged if _spelt_as(judged.stem, surface) else None

    # -- one word ------------------------------------------------------------------------------------------------

    def _verdict(self, index: int, sense: Sense) -> tuple[str, str] | None:
        """(group, kind of homonym or empty), or None where the word is no name at all."""
        group = sense.group
        if sense.kind in ("bare", "inflected", "person") and self.words[index].text.startswith("казак"):
            group = self._kazakh_or_cossack(index, sense)
        kind = self._kind(index, sense)
        if kind == "drop" or (kind and group in GENERIC_GROUPS):
            return None
        return group, kind

    def _kind(self, index: int, sense: Sense) -> str:
        if sense.homonym:
            return "" if sense.kind != "fixed" and self._near_person(index) else sense.homonym
        if sense.kind == "tongue":
            return "language"
        if sense.kind in ("adjective", "combining"):
            return self._adjective(index, sense)
        if sense.kind == "nominal":
            return self._nominal(index, sense)
        if sense.kind == "english":
            return self._english(index)
        if self._is_name(index, sense):
            return "name"
        word = self.words[index].text
        for context in self.lexicon.contexts:
            if (word in context.words or sense.stem in context.stems) and self._near(index, context.near):
                return context.kind
        if sense.kind in ("bare", "inflected"):
            return self._kazakh_stem(index, sense)
        if sense.kind == "person":
            return self._kazakh_head(index)
        return ""

    def _adjective(self, index: int, sense: Sense) -> str:
        head = self._head(index)
        if head is None:
            return self._headless(index, sense)
        return self._head_kind(head)

    def _headless(self, index: int, sense: Sense) -> str:
        """An adjective with no noun after it: "на казахском", "казахский знает" are the language."""
        if sense.kind == "combining":
            return "compound"
        word = self.words[index].text
        # In the plural the people themselves are meant ("казахские парни на уйгурских"), as with "русские".
        return "" if word.endswith(("ие", "ые", "их", "ых", "ими", "ыми")) else "language"

    def _nominal(self, index: int, sense: Sense) -> str:
        """ "русский", "местный": an adjective where a noun agrees with it, else a person, or the language."""
        word = self.words[index].text
        head = self._head(index)
        if head is not None and (head == index + 1 or self._coordinated(index, head)) and self._agrees(index, head):
            kind = self._head_kind(head)
            return ("drop" if kind else "") if sense.group in GENERIC_GROUPS else kind
        if sense.group in GENERIC_GROUPS:
            return ""
        before = self.words[index - 1].text if index else ""
        plural = word.endswith(("ие", "их", "ими"))
        if plural:
            return ""
        if word.endswith("ом") or (before in _BEFORE_LANGUAGE and word.endswith(("ом", "ий", "ого"))):
            return "language"
        if self._near(index, ("владе", "язык") if word.endswith("им") else self.lexicon.beside["language_talk"], 3):
            return "language"
        return ""

    def _english(self, index: int) -> str:
        before = self.words[index - 1].text if index else ""
        if before in _LANGUAGE_VERBS_EN:
            return "language"
        after = index + 1
        last = min(len(self.words), index + _LONGEST_LIST)
        while after < last and self._joined(after - 1, after):
            sense = self.senses.get(after)
            if (sense is not None and sense.kind in ("english", "english_people")) or (
                self.words[after].text == "and" and after + 1 in self.senses
            ):
                after += 1
                continue
            following = self.words[after].text
            if before == "in" and following in _ENGLISH_FUNCTION_WORDS:
                return "language"
            return self.lexicon.heads_en.get(following, "")
        return "language" if before == "in" else ""

    def _kazakh_stem(self, index: int, sense: Sense) -> str:
        word = self.words[index].text
        genitive = sense.kind == "inflected" and word.endswith(("нин", "нын", "дин", "дын", "тин", "тын"))
        if sense.group == "locals":
            return self._kazakh_local(index, sense)
        if sense.kind == "bare" or genitive:
            kind = self._kazakh_head(index)
            if kind and (not genitive or kind in ("language", "dish", "animal")):
                return kind
            if kind and genitive:
                return ""
        if self._is_country(index, sense):
            return "country"
        return ""

    def _kazakh_head(self, index: int) -> str:
        """The kind of thing a bare stem's head noun is, or empty for people and for no head."""
        after = index + 1
        last = min(len(self.words), index + _LONGEST_LIST)
        while after < last and (self._joined(after - 1, after) or self._listed(after)):
            text = self.words[after].text
            sense = self.senses.get(after)
            if sense is not None and sense.kind in ("bare", "person"):
                after += 1
                continue
            if text in _KAZAKH_AND:
                following = self.senses.get(after + 1)
                if following is not None and following.kind in ("bare", "person"):
                    after += 2
                    continue
                return ""
            return _kazakh_head_kind(text)
        return ""

    def _listed(self, after: int) -> bool:
        """Whether a word goes on a list of stems: "орыс, қазақ, түрік тілдеріне"."""
        sense = self.senses.get(after)
        return sense is not None and sense.kind == "bare" and self._gap(after - 1, after).strip() == ","

    def _kazakh_local(self, index: int, sense: Sense) -> str:
        if sense.kind == "inflected" and re.search(r"л[ае]р", self.words[index].text):
            return ""
        after = index + 1
        if after < len(self.words) and self._joined(index, after):
            readings = (self.words[after].text, *latin_readings(self.words[after].text))
            if any(reading.startswith(_lexicon().beside["not_local_people"]) for reading in readings):
                return "drop"
        return ""

    def _is_country(self, index: int, sense: Sense) -> bool:
        """ "Қытай" and "Әзербайжан" are also the countries: a capital inside a sentence, or a place case, says so."""
        word = self.words[index]
        split = kazakh_split(word.text, self.lexicon.country_stems)
        if split is None or re.match(r"[лдт][ае]р", split[1]):
            return False
        if not self._capital(index):
            return False
        if split[1] and re.fullmatch(r"[дт][ае]н?|[гк][ае]|[мбп]ен|[дт][ае]г[иы]|н[иы]н|[дт][иы]н", split[1]):
            return True
        return not self._sentence_start(index) and _kazakh_person_after(self.words, index) is False

    # -- names and neighbours ------------------------------------------------------------------------------------

    def _is_name(self, index: int, sense: Sense) -> bool:
        """A surname or given name in the shape of a people's name: "тренер Турков", "Мамбет Қойгелді"."""
        word = self.words[index].text
        if not self._capital(index) or self._shouts():
            return False
        surname = word.endswith(("ов", "ова", "ову", "овым", "ев")) and sense.kind == "person"
        if surname and not self._sentence_start(index) and index:
            before = self.words[index - 1].text
            if self._joined(index - 1, index) and (self._capital(index - 1) or _animate_singular(before)):
                return True
        given = word in _GIVEN_NAMES
        if given and index + 1 < len(self.words) and self._joined(index, index + 1):
            following = self.words[index + 1].text
            if self._capital(index + 1) or following in _RESPECT:
                return True
        return given and index > 0 and self._joined(index - 1, index) and self._capital(index - 1)

    def _kazakh_or_cossack(self, index: int, sense: Sense) -> str:
        start, end = self.folded.span(self.words[index].start, self.words[index].end)
        surface = self.text[start:end].lower()
        if "қ" in surface or "ғ" in surface or "a" <= surface[-1] <= "z":
            return "kazakh"
        if sense.group != "cossack" and sense.kind == "inflected":
            return sense.group
        if self._kazakh is None:
            self._kazakh = reads_as_kazakh(self.text)
        return "kazakh" if self._kazakh else "cossack"

    def _near(self, index: int, beginnings: tuple[str, ...], reach: int = 5) -> bool:
        window = self.words[max(0, index - reach) : index] + self.words[index + 1 : index + 1 + reach]
        return any(word.text.startswith(beginnings) for word in window)

    def _near_person(self, index: int) -> bool:
        return self._near(index, self.lexicon.beside["person_signs"], 3)

    def _gap(self, left: int, right: int) -> str:
        return self.folded.text[self.words[left].end : self.words[right].start]

    def _joined(self, left: int, right: int) -> bool:
        return _JOINING.fullmatch(self._gap(left, right)) is not None

    def _capital(self, index: int) -> bool:
        return self.text[self.folded.span(self.words[index].start, self.words[index].end)[0]].isupper()

    def _sentence_start(self, index: int) -> bool:
        start = self.folded.span(self.words[index].start, self.words[index].end)[0]
        return _SENTENCE_START.search(self.text[max(0, start - 4) : start]) is not None

    def _shouts(self) -> bool:
        return self.text.isupper()

    # -- Russian heads -------------------------------------------------------------------------------------------

    def _head(self, index: int) -> int | None:
        """Index of the noun a Russian adjective belongs to, past other adjectives and co-ordination, or None."""
        after = index + 1
        skipped = 0
        while after < len(self.words) and skipped < 5:
            text = self.words[after].text
            sense = self.senses.get(after)
            adjectival = sense is not None and sense.kind in ("adjective", "nominal", "combining")
            if not self._joined(after - 1, after) and not (self._gap(after - 1, after).strip() == "," and adjectival):
                return None
            if adjectival:
                after += 1
                skipped += 1
                continue
            if text in _RUSSIAN_AND and skipped < 5:
                following = self.senses.get(after + 1)
                listed = following is not None and following.kind in ("adjective", "nominal", "combining")
                if not listed and not (after + 1 < len(self.words) and _other_adjective(self.words[after + 1].text)):
                    return None
                after += 1
                continue
            if sense is not None and sense.kind == "person":
                return after
            speech = part_of_speech(text)
            if speech == "adjective":
                after += 1
                skipped += 1
                continue
            return after if speech == "noun" else None
        return None

    def _coordinated(self, index: int, head: int) -> bool:
        between = range(index + 1, head)
        return all(
            self.words[i].text in _RUSSIAN_AND or i in self.senses or part_of_speech(self.words[i].text) == "adjective"
            for i in between
        )

    def _agrees(self, index: int, head: int) -> bool:
        if self._capital(head) and not self._shouts():
            return False
        return bool(_cases(self.words[index].text, "ADJF") & _cases(self.words[head].text, "NOUN", "ADJF", "PRTF"))

    def _head_kind(self, head: int) -> str:
        sense = self.senses.get(head)
        if sense is not None and sense.kind == "person":
            return sense.homonym
        return russian_head_kind(self.words[head].text)

    # -- phrases and merging -------------------------------------------------------------------------------------

    def _phrases(self) -> list[_Name]:
        names: list[_Name] = []
        text = self.folded.text
        for phrase in _PHRASES:
            names += [
                _Name(match.start(), match.end(), phrase.group, phrase.pejorative)
                for match in phrase.pattern.finditer(text)
            ]
        for pattern in _CITIZENS:
            for match in pattern.finditer(text):
                group = next((group for state, group in self.lexicon.states if match["state"].startswith(state)), None)
                if group is not None:
                    names.append(_Name(match.start(), match.end(), group))
        names.sort(key=lambda name: (name.start, -name.end))
        apart: list[_Name] = []
        for name in names:
            if not apart or name.start >= apart[-1].end:
                apart.append(name)
        return apart

    def _merge(self, names: Iterable[_Name]) -> Iterator[_Name]:
        """Two halves of one name are one mention: "турки-ахыска", "ахыска түріктері"."""
        pending: _Name | None = None
        for name in names:
            if pending is not None:
                text = self.folded.text
                halves = pending.group == name.group and text[pending.end : name.start] in ("-", " ")
                if halves and not pending.kind and not name.kind and "ахыск" in text[pending.start : name.end]:
                    pending = replace(pending, end=name.end, pejorative=pending.pejorative or name.pejorative)
                    continue
                yield pending
            pending = name
        if pending is not None:
            yield pending


_BEFORE_LANGUAGE = frozenset({"на", "по", "в", "с", "без", "ни", "вместо", "кроме", "убрать"})
_GIVEN_NAMES = frozenset({"мамбет", "хачик", "фриц", "мари"})
_RESPECT = frozenset({"ата", "ага", "агай", "апа", "апай", "кажи", "батыр", "хан", "акын", "би"})


# -- words of the surroundings ---------------------------------------------------------------------------------------


def part_of_speech(word: str) -> str:
    """`noun`, `adjective` (participles and pronouns too) or `other`, by the likeliest reading of a Russian word."""
    first = analyses(word)[0]
    if first.speech == "NOUN" or first.lemma in _SUBSTANTIVES:
        return "noun"
    return "adjective" if first.speech in ("ADJF", "PRTF", "NUMR") else "other"


def _other_adjective(word: str) -> bool:
    return analyses(word)[0].lemma in ("прочий", "другой", "иной", "остальной", "местный", "казахстанский")


# Adjectives by form, nouns by use.
_SUBSTANTIVES = frozenset({"рабочий", "учащийся", "учиться", "служащий", "верующий", "военный", "взрослый", "прохожий"})


@lru_cache(maxsize=50_000)
def russian_head_kind(word: str) -> str:
    """What a Russian head noun makes of its adjective: empty for people, else the kind of homonym."""
    heads = _lexicon().heads_ru
    nouns = [reading for reading in analyses(word) if reading.speech == "NOUN"]
    for reading in (*nouns, analyses(word)[0]):
        if (kind := heads.get(reading.lemma)) is not None:
            return "" if kind == "people" else kind
    if not nouns:
        return ""
    return "" if nouns[0].animacy == "anim" else "thing"


@lru_cache(maxsize=50_000)
def _cases(word: str, *speech: str) -> frozenset[tuple[str, str]]:
    return frozenset((reading.number, reading.case) for reading in analyses(word) if reading.speech in speech)


@lru_cache(maxsize=50_000)
def _animate_singular(word: str) -> bool:
    first = analyses(word)[0]
    return first.speech == "NOUN" and first.animacy == "anim" and first.number == "sing"


@lru_cache(maxsize=50_000)
def _kazakh_head_kind(word: str) -> str:
    lexicon = _lexicon()
    if word == "халык":  # bare: "қазақ халық әндері", folk songs; with an ending the people themselves
        return "goods"
    for reading in (word, *(latin_readings(word) if "a" <= word[0] <= "z" else ())):
        if (split := kazakh_split(reading, lexicon.heads_kk_stems)) is not None:
            return lexicon.heads_kk[split[0]]
    return ""


def _kazakh_person_after(words: list[_Word], index: int) -> bool:
    return index + 1 < len(words) and words[index + 1].text.startswith(_lexicon().beside["kazakh_people"])


# -- words of the text -----------------------------------------------------------------------------------------------


def _words(folded: Folded) -> tuple[list[_Word], bool]:
    """The words of a folded text, disguised ones undone; and whether a phrase of several words may stand in it."""
    text = folded.text
    triggers = _lexicon().phrase_triggers
    words = [_Word(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
    phrase_possible = any(word.text[:4] in triggers for word in words)
    undone: list[_Word] = []
    if _SIGNED.search(text):
        undone += _signed_words(text)
    if _SPACED.search(text):
        undone += _spaced_words(text)
    if "-" in text:
        undone += _hyphened_words(text)
    if _RUN.search(text):
        undone += _drawn_words(words)
    if undone:
        covered = bytearray(len(text))
        apart: list[_Word] = []
        for word in sorted(undone, key=lambda word: (word.start, -word.end)):
            if not apart or word.start >= apart[-1].end:
                apart.append(word)
                covered[word.start : word.end] = b"\1" * (word.end - word.start)
        words = [word for word in words if not covered[word.start] and not covered[word.end - 1]]
        words = sorted([*words, *apart], key=lambda word: word.start)
    return words, phrase_possible


def _signed_words(text: str) -> Iterator[_Word]:
    """Words with digits or signs for letters: "к4захи", "х*хлы", "0рыст@р"."""
    for match in _SIGNED_WORD.finditer(text):
        disguised = match[0]
        signs = [character for character in disguised if character in "0123456789@*#$"]
        if not signs or len(signs) > _MOST_SIGNS or len(disguised) < 4:
            continue
        latin = re.search(r"[a-z]", disguised) is not None
        table = _LATIN_SIGNS if latin else _CYRILLIC_SIGNS
        vowels = "aeiouy" if latin else "аоуеиы"
        choices = [
            (*vowels, "") if c in "*#" else (tuple(table.get(c, c)) if c in "0123456789@$" else (c,)) for c in disguised
        ]
        reading = next((r for r in map("".join, itertools.product(*choices)) if sense_of(r) is not None), None)
        if reading is not None:
            yield _Word(match.start(), match.end(), reading)


def _spaced_words(text: str) -> Iterator[_Word]:
    """Letters set apart: "к а з а х и", "у.з.б.е.к.и"; the run may hold more words than the name."""
    for match in _SPACED.finditer(text):
        if match.end() - match.start() > _LONGEST_SPACED:
            continue
        letters = [(i, text[i]) for i in range(match.start(), match.end()) if text[i].isalpha()]
        joined = "".join(letter for _, letter in letters)
        start = 0
        while start + 4 <= len(joined):
            end = next((e for e in range(len(joined), start + 3, -1) if sense_of(joined[start:e]) is not None), None)
            if end is None:
                start += 1
                continue
            yield _Word(letters[start][0], letters[end - 1][0] + 1, joined[start:end])
            start = end


def _hyphened_words(text: str) -> Iterator[_Word]:
    """Names cut by hyphens ("каза-хи"), but not compounds of two names ("казахско-узбекский")."""
    for match in _HYPHENED.finditer(text):
        parts = re.split(r"-\s?", match[0])
        joined = "".join(parts)
        if len(joined) > 24 or any(sense_of(part) is not None for part in parts):
            continue
        if sense_of(joined) is not None:
            yield _Word(match.start(), match.end(), joined)


def _drawn_words(words: Iterable[_Word]) -> Iterator[_Word]:
    """Names drawn out: "казаааахи"."""
    for word in words:
        if _RUN.search(word.text):
            for keep in (r"\1", r"\1\1"):
                short = _RUN.sub(keep, word.text)
                if sense_of(short) is not None:
                    yield _Word(word.start, word.end, short)
                    break


# -- the lexicon -----------------------------------------------------------------------------------------------------

_GROUP_KEYS = frozenset(
    ["ru", "ru_plural", "adj", "nominal", "kk", "en", "plain", "slur", "slur_adj", "slur_nominal", "slur_kk", "slur_en", "slur_prefix", "state", "state_more", "country_kk", "name_like"]
)


@cache
def _lexicon() -> _Lexicon:
    with LEXICON.open("rb") as file:
        return _compile(tomllib.load(file))


def _compile(table: dict[str, Any]) -> _Lexicon:
    forms: dict[str, Sense] = {}
    english: dict[str, Sense] = {}
    kazakh: dict[str, Sense] = {}
    countries: set[str] = set()
    states: list[tuple[str, str]] = []
    prefixes: list[tuple[str, Sense]] = []

    def put(words: Iterable[str], sense: Sense) -> None:
        for word in words:
            forms.setdefault(word, sense)

    for group, entry in table["group"].items():
        unknown = set(entry) - _GROUP_KEYS
        if unknown:
            raise ValueError(f"{LEXICON.name}, [group.{group}]: unknown keys {sorted(unknown)}")
        for noun in entry.get("ru", ()):
            put(noun_forms(noun), Sense(group, "person"))
        for noun in entry.get("ru_plural", ()):
            put(plural_forms(noun), Sense(group, "person"))
        for adjective in entry.get("adj", ()):
            put(adjective_forms(adjective), Sense(group, "adjective"))
            if adjective.endswith(("ский", "цкий")):
                put([fold_word(adjective)[:-1]], Sense(group, "tongue"))  # по-казахски
                put([fold_word(adjective)[:-2] + "о"], Sense(group, "combining"))  # казахско-
        for adjective in entry.get("nominal", ()):
            put(adjective_forms(adjective), Sense(group, "nominal"))
            if group == "russian":
                put(["русски"], Sense(group, "tongue"))
                put(["русско"], Sense(group, "combining"))
        for noun in entry.get("slur", ()):
            put(noun_forms(noun), Sense(group, "person", pejorative=True))
        for adjective in entry.get("slur_adj", ()):
            put(adjective_forms(adjective), Sense(group, "adjective", pejorative=True))
        for adjective in entry.get("slur_nominal", ()):
            put(adjective_forms(adjective), Sense(group, "nominal", pejorative=True))
        put(map(fold_word, entry.get("plain", ())), Sense(group, "person"))
        prefixes += [(fold_word(p), Sense(group, "person", pejorative=True)) for p in entry.get("slur_prefix", ())]
        for key, pejorative in (("kk", False), ("slur_kk", True)):
            for stem in entry.get(key, ()):
                folded = fold_word(stem)
                spellings = f"{kazakh[folded].stem}|{stem}" if folded in kazakh else stem
                kazakh[folded] = Sense(group, "bare", pejorative, stem=spellings)
        # Russian nouns take Kazakh endings in mixed speech: "чеченцыларға", "русскийлер".
        for noun in (*entry.get("ru", ()), *entry.get("nominal", ())):
            kazakh.setdefault(fold_word(noun), Sense(group, "bare", stem=noun))
            if noun.endswith("ец"):
                kazakh.setdefault(fold_word(noun)[:-2] + "цы", Sense(group, "bare", stem=noun))
        for key, pejorative in (("en", False), ("slur_en", True)):
            for word in entry.get(key, ()):
                plural = word.endswith("s") or word in _ENGLISH_NOUNS or pejorative
                english.setdefault(word, Sense(group, "english_people" if plural else "english", pejorative))
        if "state" in entry:
            names = [*entry["state"], *entry.get("state_more", ())]
            states += [(re.sub("[аяьй]$", "", fold_word(name)), group) for name in names]
            for name in names:
                # The state is no people: "Украина", "Үндістан" must not pass for a stem with an ending.
                kazakh[fold_word(name)] = Sense(group, "state", stem=name)
            own_stems = {fold_word(stem) for stem in entry.get("kk", ())}  # "корей" is also "of the Koreas"
            for name in (entry["state"][0], *entry.get("state_more", ())):
                put(noun_forms(name) - own_stems, Sense(group, "state"))
            if entry.get("country_kk"):
                countries.add(fold_word(entry["state"][1]))
                del kazakh[fold_word(entry["state"][1])]
                kazakh[fold_word(entry["state"][1])] = Sense(group, "bare", stem=entry["state"][1])
    for kind, entry in table["homonym"].items():
        for noun in entry.get("ru", ()):
            for form in noun_forms(noun):
                forms[form] = Sense(entry["group"], "person", homonym=kind)
        for stem in entry.get("kk", ()):
            kazakh[fold_word(stem)] = Sense(entry["group"], "fixed", homonym=kind)
        for prefix, group in entry.get("prefix", {}).items():
            prefixes.append((fold_word(prefix), Sense(group, "fixed", homonym=kind)))
    heads: dict[str, dict[str, str]] = {"ru": {}, "en": {}, "kk": {}}
    for kind, entry in table["head"].items():
        for language in heads:
            for word in entry.get(language, ()):
                heads[language].setdefault(fold_word(word), "state" if kind == "state_person" else kind)
    heads["en"] = {word: "" if kind == "people" else kind for word, kind in heads["en"].items()}
    return _Lexicon(
        forms=forms,
        english=english,
        english_capital=frozenset(),
        kazakh=kazakh,
        kazakh_stems=frozenset(kazakh),
        prefixes=tuple(prefixes),
        heads_ru=heads["ru"],
        heads_en=heads["en"],
        heads_kk=heads["kk"],
        heads_kk_stems=frozenset(heads["kk"]),
        country_stems=frozenset(countries),
        beside={name: tuple(words) for name, words in table["beside"].items()},
        contexts=tuple(
            _Context(
                kind,
                frozenset(form for word in c["words"] for form in noun_forms(word)),
                frozenset(c.get("stems", ())),
                tuple(map(fold_word, c["near"])),
            )
            for kind, c in table["context"].items()
        ),
        states=tuple(states),
        beginnings=frozenset(word[:3] for word in (*forms, *kazakh, *(prefix for prefix, _ in prefixes))),
        plain=frozenset(table["plain"]["words"]),
        phrase_triggers=_PHRASE_TRIGGERS,
    )


_ENGLISH_NOUNS = frozenset(
    ["turk", "kurd", "pole", "finn", "swede", "jew", "slav", "moskal", "mambet", "sart", "churka", "gypsies", "englishmen", "frenchmen"]
)
_PHRASES = tuple(
    _Phrase(re.compile(rf"(?<!\w)(?:{pattern})"), group, pejorative)
    for pattern, group, pejorative in (
        (r"шала[ -]?казак\w*|shala[ -]?qazaq\w*", "kazakh", True),
        (r"крымск\w+ татар\w*|кырым татар\w*", "crimean_tatar", False),
        (r"(?:озге|баска|ботен|богде|ана) (?:улт|этнос)\w*(?: окил\w*)?", "unspecified", False),
        (r"(?:друг|ин|чуж)\w{2,3} (?:национальност|народност|этнос|нац)\w*", "unspecified", False),
        (r"не[ -]?русск(?:ие|их|им|ими)(?!\w)", "unspecified", False),
        (r"(?:трудов\w+|нелегальн\w+|незаконн\w+) мигрант\w*|енбек мигрант\w*", "migrants", False),
        (r"иностранн(?:ы\w+ рабоч(?:ие|их|им|ими)|\w+ (?:работник|специалист|строител)\w*)", "migrants", False),
        (r"шетелдик (?:жумысшы|маман|кызметкер)\w*|foreign workers?|labou?r migrants?", "migrants", False),
        (r"(?:приезж\w+|выходц\w+|рабоч\w+|мигрант\w*) из средней азии", "migrants", False),
    )
)
# A state's citizens, natives or workers spoken of as such count as the people (codebook, "Unit").
_CITIZENS = (
    re.compile(
        r"(?<!\w)(?:граждан\w*|(?:уроженец|уроженк|уроженц|выход[еи]?ц)\w*(?: из)?|(?:рабоч|студент|мигрант|приезж|гост|нелегал)\w* из)"
        r" (?:республики )?(?P<state>\w+)"
    ),
    re.compile(r"(?<!\w)(?P<state>\w{4,20}?)(?:н[иы]н)? азамат\w*"),
    re.compile(r"(?<!\w)(?P<state>\w{4,20})[дтн][ае]н келген(?:дер\w*)?(?!\w)"),
    re.compile(r"(?<!\w)citizens? of (?P<state>\w+)"),
)
_PHRASE_TRIGGERS = frozenset(
    ["граж", "урож", "выхо", "азам", "шала", "shal", "крым", "кыры", "озге", "баска", "баск", "боте", "богд", "ана", "друг", "иной", "иных", "иной", "чужо", "нерус", "неру", "руск", "русс", "труд", "неле", "неза", "енбе", "инос", "шете", "fore", "labo", "прие", "рабо", "мигр", "citi", "нати", "улт", "улты", "этно", "студ", "келг"]
) - {"русс", "нати", "ана"}
