"""Who is named: every name of a people in a text with its span, and the look-alikes that name no people.

Read `find` first, then `_Resolver`. A name is recognised by its form (nlp/disguise.py, nlp/lexicon.py), then judged by
the construction it stands in: an adjective belongs to its head noun ("узбекская семья" are people, "узбекский плов" is
a dish), a bare Kazakh stem to the word after it ("орыс көрші", "орыс тілі"). Constructions are judged alike for all
peoples, never by group: that makes the slotted text, and so the classifier, blind to who is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from nlp.disguise import Word, words_of
from nlp.inflect import kazakh_split
from nlp.language import reads_as_kazakh
from nlp.lexicon import (
    ANY_PHRASE,
    CITIZENS,
    KAZAKH_LETTERS,
    PHRASES,
    Sense,
    kazakh_sense,
    load_lexicon,
    sense_of,
    spelt_as,
)
from nlp.normalise import Folded, fold, latin_readings
from nlp.reading import GroupMention, Homonym
from nlp.russian import analyses

# These names are no ethnonyms by form ("местные власти", "приезжий артист"): where they name no people they are
# plain words and leave no homonym slot behind.
GENERIC_GROUPS = frozenset({"migrants", "locals", "unspecified", "black", "white", "kandas"})

_LONGEST_LIST = 24  # names in a row that may share one head noun; keeps a wall of names linear
_JOINING = re.compile(r"[ \t\u00a0]+|[-\u2010\u2011\u2013]|[ \t\u00a0]*[«\"“][ \t]*")
_SENTENCE_END = re.compile(r"[.!?…;\n](?:\s|$)")
_SENTENCE_START = re.compile(r"(?:^|[.!?…\n:»\"“«(\[]|[—–-]\s)\s*$")
_RUSSIAN_AND = frozenset({"и", "или", "да", "либо", "а", "с"})
_KAZAKH_AND = frozenset({"пен", "мен", "бен", "жане", "не", "немесе", "менен", "и", "та", "те", "да", "де"})
_ENGLISH_FUNCTION_WORDS = frozenset(
    {
        "and",
        "or",
        "this",
        "that",
        "but",
        "to",
        "with",
        "at",
        "for",
        "because",
        "when",
        "while",
        "on",
        "in",
        "each",
        "as",
        "only",
        "before",
        "after",
        "instead",
        "without",
        "too",
        "not",
        "every",
    }
)
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
class _Name:
    """A judged name, in positions of the folded text; `kind` of homonym, empty for people."""

    start: int
    end: int
    group: str
    pejorative: bool = False
    kind: str = ""


def find(text: str) -> GroupsFound:
    """Every name of a people in `text` (spans in its code points) and every look-alike ruled out."""
    folded = fold(text)
    words = words_of(folded.text)
    triggers = load_lexicon().phrase_triggers
    phrase_possible = any(word.text[:4] in triggers for word in words)
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
        pieces += [_no_slots(text[position:start]), mark]
        tail = _ENGLISH_TAIL.match(text, end) if "a" <= text[end - 1].lower() <= "z" else None
        position = tail.end() if tail else end
    pieces.append(_no_slots(text[position:]))
    return SlottedText("".join(pieces), tuple(order))


def _no_slots(words: str) -> str:
    # Somebody may type "[G1]": no text shall make a slot of its own.
    return _TYPED_SLOT.sub(lambda match: f"({match[1]})", words) if "[" in words else words


_TYPED_SLOT = re.compile(r"\[(G\d*!?|E)\]", re.IGNORECASE)
_ENGLISH_TAIL = re.compile(r"(?:[ ]people)?(?:['’]s?(?![^\W_]))?")


class _Resolver:
    """Judges the hits of one text by the words around them."""

    def __init__(self, text: str, folded: Folded, words: list[Word], hits: list[tuple[int, Sense]]) -> None:
        self.text = text
        self.folded = folded
        self.words = words
        self.lexicon = load_lexicon()
        self.senses = {index: sense for index, hit in hits if (sense := self._as_spelt(index, hit)) is not None}
        self._kazakh: bool | None = None
        self._phrase_found = False
        self._languages: set[int] = set()  # words judged to be languages so far

    def found(self, phrase_possible: bool) -> GroupsFound:
        names = self._phrases() if phrase_possible else []
        self._phrase_found = bool(names)
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
        if word.text in self.lexicon.english_capital and not self.text[start].isupper():
            return None
        surface = self.text[start:end].lower()
        if sense.stem in _SPELT_EXACTLY and not surface.startswith(sense.stem):
            return None
        if KAZAKH_LETTERS.isdisjoint(surface) or len(surface) != len(word.text):
            return sense
        if sense.kind == "inflected" and not sense.stem:  # a misspelt plural
            return sense
        judged = sense if sense.stem else kazakh_sense(word.text)
        if judged is None or not judged.stem:
            return judged
        return judged if spelt_as(judged.stem, surface) else None

    # -- one word ------------------------------------------------------------------------------------------------

    def _verdict(self, index: int, sense: Sense) -> tuple[str, str] | None:
        """(group, kind of homonym or empty), or None where the word is no name at all."""
        group = sense.group
        if sense.kind in ("bare", "inflected", "person") and self.words[index].text.startswith("казак"):
            group = self._kazakh_or_cossack(index, sense)
        kind = self._kind(index, sense)
        if kind == "language":
            self._languages.add(index)
        if kind == "drop" or (kind and group in GENERIC_GROUPS):
            return None
        return group, kind

    def _kind(self, index: int, sense: Sense) -> str:
        if sense.homonym:
            return "" if sense.kind != "fixed" and self._near_person(index) else sense.homonym
        if sense.kind == "tongue":
            return "language"
        if sense.group == "locals":
            return self._locals(index, sense)
        if sense.kind == "combining":
            head = self._head(index)
            return "compound" if head is None else self._head_kind(head)
        if sense.kind in ("adjective", "nominal"):
            return self._adjective(index, sense)
        word = self.words[index].text
        for context in self.lexicon.contexts:
            meant = word in context.words or sense.stem in context.stems
            if meant and sense.stem and self._next_starts(index, "сойле"):
                return context.kind
            if meant and not self._among_peoples(index) and self._near(index, context.near):
                return context.kind
        if sense.kind == "english":
            return self._english(index)
        if self._is_name(index, sense):
            return "name"
        if sense.kind in ("bare", "inflected"):
            return self._kazakh_stem(index, sense)
        if sense.kind == "person":
            return self._kazakh_head(index)
        return ""

    def _adjective(self, index: int, sense: Sense) -> str:
        """By the noun it agrees with; with none, a person ("русский пришёл"), the thing just spoken of, or a language.

        "русский" is noun and adjective, "казахский" an adjective only: both take the same way, or a swap would show.
        """
        if self._before_title(index):
            return "institution"
        head = self._head(index)
        if head is not None and self._agrees(index, head):
            kind = self._head_kind(head)
            if sense.group in GENERIC_GROUPS:
                # "приезжий артист", "приезжие азербайджанцы": a description, and the people may have its own name.
                plain = kind or (self._singular(head) and sense.group == "migrants") or head in self.senses
                return "drop" if plain and not sense.pejorative else ""
            return kind
        if sense.group in GENERIC_GROUPS:
            return ""
        word = self.words[index].text
        if word.endswith(_PLURAL_ADJECTIVE):
            return ""
        behind = self._noun_behind(index)
        if behind is not None:
            return self._head_kind(behind)
        if word.endswith(_FEMININE_ADJECTIVE):  # "дунганская (сторона) согласилась", "русская пришла"
            return ""
        before = self.words[index - 1].text if index else ""
        if (word.endswith("ом") and before in _BEFORE_TONGUE) or (word.endswith("ого") and before in _WITHOUT):
            return "language"
        listed = index - 1 in self._languages and self._gap(index - 1, index).strip() == ","
        if listed or (index - 2 in self._languages and before in _RUSSIAN_AND):
            return "language"  # "на казахском, русском и английском"
        return "language" if self._near(index, self.lexicon.beside["language_talk"], 3) else ""

    def _before_title(self, index: int) -> bool:
        """Whether a quoted name follows: "таджикский «Истиклол»", "тәжік «Лоик» оркестрі"."""
        after = index + 1
        if after >= len(self.words) or after in self.senses:
            return False
        return re.fullmatch(r"[ \u00a0]*[«\"“][ ]*", self._gap(index, after)) is not None and self._capital(after)

    def _noun_behind(self, index: int) -> int | None:
        """The noun before a postposed adjective, past one other: "улица турецкая", "коллектив молодой казахский"."""
        before = index - 1
        while before >= max(0, index - 2) and self._joined(before, before + 1):
            speech = part_of_speech(self.words[before].text)
            if speech == "noun":
                agreed = self._agrees(index, before) and before not in self.senses
                return before if agreed else None
            if speech != "adjective" or before in self.senses:
                return None
            before -= 1
        return None

    def _locals(self, index: int, sense: Sense) -> str:
        """`locals` are people only as a side: many, and another people, migrants or kandas named in the same text.

        Every town news has "местные жители", and a people's own name beside the word ("местные казахи") says more.
        """
        others = any(s.group != "locals" for s in self.senses.values()) or self._phrase_found
        if sense.kind in ("bare", "inflected"):
            return self._kazakh_local(index, sense, others)
        if index and index - 1 in self.senses and self._joined(index - 1, index):
            return "drop"  # "турки местные", "русские старожилы"
        if sense.kind in ("person", "english_people"):
            return "" if others else "drop"
        word = self.words[index].text
        plural = word.endswith(_PLURAL_ADJECTIVE)
        head = self._head(index)
        if head is not None and self._agrees(index, head):
            if head in self.senses or self._joined_to_name(head + 1) or self._head_kind(head) or not others:
                return "drop"
            return "" if plural or self.words[head].text.startswith(_MANY_RU) else "drop"
        before = self.words[index - 1].text if index else ""
        if plural:
            return "drop" if before in ("из", "на", "в") else ""
        described = index > 0 and self._gap(index - 1, index).strip() == "" and part_of_speech(before) == "noun"
        return "" if others and word.endswith(("ый", "ой")) and not described and before != "я" else "drop"

    def _english(self, index: int) -> str:
        before = self.words[index - 1].text if index else ""
        translated = before == "to" and index > 1 and self.words[index - 2].text.startswith(("switch", "translat"))
        if before in _LANGUAGE_VERBS_EN or translated:
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
        if "тилди" in word or "тилдес" in word:  # "ағылшынтілді бағдарлама", "орыстілді азаматтар"
            return self._kazakh_head(index)
        if sense.stem in _SPELT_EXACTLY and sense.kind == "bare":  # "күрт төмендеді", fell sharply
            after = self.words[index + 1].text if index + 1 < len(self.words) else ""
            if after not in _KAZAKH_AND and not _kazakh_person_after(self.words, index):
                return "drop"
        if sense.kind == "bare" and self._before_title(index):
            return "institution"
        if sense.kind == "bare" or genitive:
            kind = self._kazakh_head(index)
            if kind and (not genitive or kind in ("language", "animal")):
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
            if (text == "ан" or text in _KAZAKH_TONGUED) and after + 1 < last:  # "украин ән мұрасы", "орыс тілді сынып"
                after += 1
                continue
            if text in _KAZAKH_LAND and any(self._next_starts(after, go) for go in _GO):
                return ""  # "өзбек еліне қайтсын"
            if text in _KAZAKH_AND:
                following = self.senses.get(after + 1)
                if following is not None and following.kind in ("bare", "person"):
                    after += 2
                    continue
                # "араб және латын жазуы": a list may go on with a word that is no name.
                far = _kazakh_head_kind(self.words[after + 2].text) if after + 2 < len(self.words) else ""
                return far if far == "language" and self._joined(after + 1, after + 2) else ""
            kind = _kazakh_head_kind(text)
            if not kind and text.endswith(_KAZAKH_ADJECTIVE) and after + 1 < last and self._joined(after, after + 1):
                after += 1  # "тәжік симфониялық оркестрі"
                continue
            # "қазақ мектеп оқушылары": the people of the school
            return "" if kind == "institution" and self._people_follow(after) else kind
        return ""

    def _people_follow(self, index: int) -> bool:
        after = index + 1
        people = after < len(self.words) and self._joined(index, after)
        return people and _kazakh_person_after(self.words, index)

    def _listed(self, after: int) -> bool:
        """Whether a word goes on a list of stems: "орыс, қазақ, түрік тілдеріне"."""
        sense = self.senses.get(after)
        return sense is not None and sense.kind in ("bare", "person") and self._gap(after - 1, after).strip() == ","

    def _kazakh_local(self, index: int, sense: Sense, others: bool) -> str:
        word = self.words[index].text
        if sense.kind == "inflected" and re.search(r"л[ае]р|lar|ler", word):
            return ""
        if not others:
            return "drop"
        after = index + 1
        if after >= len(self.words) or not self._joined(index, after) or after in self.senses:
            return "" if sense.kind == "bare" and not self._joined_to_name(after) else "drop"
        readings = (self.words[after].text, *latin_readings(self.words[after].text))
        if any(reading.startswith(self.lexicon.beside["not_local_people"]) for reading in readings):
            return "drop"
        if any(_kazakh_head_kind(reading) for reading in readings):
            return "drop"
        many = any(_KAZAKH_MANY.search(reading) for reading in readings)
        return "" if many or self.words[after].text in _KAZAKH_PARTICLES else "drop"

    def _joined_to_name(self, after: int) -> bool:
        return after < len(self.words) and after in self.senses and self._joined(after - 1, after)

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
        if not split[1] and self._beside_state(index):
            return True
        return not self._sentence_start(index) and _kazakh_person_after(self.words, index) is False

    def _beside_state(self, index: int) -> bool:
        """ "Қытай мен Қазақстан": two states."""
        after = index + 2
        if after >= len(self.words) or self.words[index + 1].text not in _KAZAKH_AND or not self._capital(after):
            return False
        other = self.words[after].text
        return other.startswith("казакстан") or (after not in self.senses and _people_of(other) is not None)

    # -- names and neighbours ------------------------------------------------------------------------------------

    def _is_name(self, index: int, sense: Sense) -> bool:
        """A surname or given name in the shape of a people's name: "тренер Турков", "Мамбет Қойгелді"."""
        word = self.words[index].text
        if not self._capital(index) or self._shouts():
            return False
        if word.endswith("ка") and self._near(index, _VILLAGE_WORDS, 2):
            return True  # the village of Украинка
        if word.endswith(("ов", "ев")) and sense.kind == "person" and not self._sentence_start(index) and index:
            following = self.words[index + 1].text if index + 1 < len(self.words) else ""
            if following and any(r.speech == "VERB" and r.number == "sing" for r in analyses(following)[:1]):
                return True  # "сотрудник таможни Черкесов получил"
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
            # "казакша", "казактар" elsewhere settle a text that mixes the two languages.
            own = any(s.group == "kazakh" and s.stem and s.kind != "bare" for s in self.senses.values())
            self._kazakh = own or reads_as_kazakh(self.text)
        return "kazakh" if self._kazakh else "cossack"

    def _near(self, index: int, beginnings: tuple[str, ...], reach: int = 5) -> bool:
        for step in (-1, 1):
            at = index
            while 0 <= at + step < len(self.words) and abs(at + step - index) <= reach:
                if _SENTENCE_END.search(self._gap(*sorted((at, at + step)))):
                    break
                at += step
                if self.words[at].text.startswith(beginnings):
                    return True
        return False

    def _among_peoples(self, index: int) -> bool:
        """Whether another people is named beside: "шешен мен қазақ жастары" are no orators."""
        for step in (-1, 1):
            other = index + step
            if 0 <= other < len(self.words) and self.words[other].text in (_KAZAKH_AND | _RUSSIAN_AND):
                other += step
            sense = self.senses.get(other)
            if sense is not None and not sense.homonym and sense.group not in GENERIC_GROUPS:
                between = self.folded.text[self.words[min(index, other)].end : self.words[max(index, other)].start]
                if not _SENTENCE_END.search(between):
                    return True
        return False

    def _next_starts(self, index: int, beginning: str) -> bool:
        return index + 1 < len(self.words) and self.words[index + 1].text.startswith(beginning)

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
            if speech == "adjective" and analyses(text)[0].lemma not in _PRONOUNS:
                after += 1
                skipped += 1
                continue
            return after if speech == "noun" else None
        return None

    def _singular(self, head: int) -> bool:
        return analyses(self.words[head].text)[0].number == "sing" and not self.words[head].text.startswith(_MANY_RU)

    def _agrees(self, index: int, head: int) -> bool:
        noun = self.words[head].text
        if self._capital(head) and not self._shouts() and not self._head_kind(head):
            return False
        if not analyses(noun)[0].known:  # slang, Kazakh words in Russian letters
            return head > index
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
        for phrase in PHRASES if ANY_PHRASE.search(text) else ():
            names += [
                _Name(match.start(), match.end(), phrase.group, phrase.pejorative)
                for match in phrase.pattern.finditer(text)
            ]
        for pattern in CITIZENS:
            for match in pattern.finditer(text):
                group = _people_of(match["state"])
                if group is not None:
                    names.append(_Name(match.start(), match.end(), group))
                    second = _AND_STATE.match(text, match.end())
                    if second is not None and (group := _people_of(second["state"])) is not None:
                        names.append(_Name(second.start("state"), second.end("state"), group))
        names.sort(key=lambda name: (name.start, -name.end))
        apart: list[_Name] = []
        for name in names:
            if not apart or name.start >= apart[-1].end:
                apart.append(name)
        return apart

    def _merge(self, names: Iterable[_Name]) -> Iterator[_Name]:
        """Two halves of one name are one mention: "турки-ахыска", "ахыска түріктері", "чурки таджикские"."""
        pending: _Name | None = None
        for name in names:
            if pending is not None:
                whole = self._whole(pending, name)
                if whole is not None:
                    pending = whole
                    continue
                yield pending
            pending = name
        if pending is not None:
            yield pending

    def _whole(self, first: _Name, second: _Name) -> _Name | None:
        gap = self.folded.text[first.end : second.start]
        if gap not in ("-", " ") or first.kind or second.kind:
            return None
        pejorative = first.pejorative or second.pejorative
        if first.group == second.group:
            if gap == "-" or re.search("ахыск|месхет", self.folded.text[first.start : second.end]):
                return replace(first, end=second.end, pejorative=pejorative)
            return None
        for slur, named in ((first, second), (second, first)):
            # A slur for any stranger beside the name of a people is a slur for that people.
            if slur.group == "unspecified" and slur.pejorative and named.group not in GENERIC_GROUPS:
                return _Name(first.start, second.end, named.group, pejorative=True)
        return None


# "күрт", a Kurd, folds like "құрт", dried curd or a worm, which is also typed "курт".
_SPELT_EXACTLY = frozenset({"күрт"})
_AND_STATE = re.compile(r"(?: и|,| мен| пен| және) (?P<state>\w+)")
_BEFORE_TONGUE = frozenset({"на", "по", "в", "и", "или", "чем"})
# "русские сами такие записи делают": the noun after a pronoun is another one's.
_PRONOUNS = frozenset(
    {"сам", "самый", "такой", "этот", "тот", "весь", "который", "свой", "мой", "твой", "наш", "ваш", "какой", "каждый"}
)
_WITHOUT = frozenset({"без", "ни", "кроме", "вместо", "урок", "уроки"})
_PLURAL_ADJECTIVE = ("ие", "ые", "их", "ых", "им", "ым", "ими", "ыми", "ьи", "ьих", "ьим", "ьими")
_FEMININE_ADJECTIVE = ("ая", "ой", "ую", "ою", "ья", "ьей", "ью")
_MANY_RU = ("населен", "народ", "молодеж", "житель", "большинств", "люд", "стороны", "сторона")
# Kazakh head nouns that name many: a plural, or a word for people as a whole.
_KAZAKH_MANY = re.compile(r"[лдт][ае]р|^(?:хал[ыи]?к|журт|жастар|ел(?:$|дин|ге|ди)|кауым|отбас)")
_KAZAKH_PARTICLES = frozenset({"ме", "де", "та", "те", "да", "биз", "мен", "пен", "емес"})
_KAZAKH_TONGUED = frozenset({"тилди", "tildi"})
_KAZAKH_LAND = frozenset({"елине", "елиниз", "елинизге", "елдерине", "eline", "elderine"})
_GO = ("кет", "кайт", "жибер", "ket", "qait", "qayt")
_KAZAKH_ADJECTIVE = ("лык", "лик", "дык", "дик", "тык", "тик", "ски", "ески")
_VILLAGE_WORDS = ("сел", "ауыл", "аудан", "район", "поселк", "посёлк", "станц", "деревн")
_GIVEN_NAMES = frozenset({"мамбет", "хачик", "фриц", "мари"})
_RESPECT = frozenset({"ата", "ага", "агай", "апа", "апай", "кажи", "батыр", "хан", "акын", "би", "молда", "ахун"})


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
    heads = load_lexicon().heads_ru
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
    lexicon = load_lexicon()
    if word == "халык":  # bare: "қазақ халық әндері", folk songs; with an ending the people themselves
        return "goods"
    if word.startswith(("тилди", "тилдес")):  # "орыс тілді азаматтар": the speakers
        return ""
    for reading in (word, *(latin_readings(word) if "a" <= word[0] <= "z" else ())):
        if (split := kazakh_split(reading, lexicon.heads_kk_stems)) is not None:
            return lexicon.heads_kk[split[0]]
    return ""


@lru_cache(maxsize=50_000)
def _people_of(state: str) -> str | None:
    """The people of a state named in any case; two letters of ending at the most keep Turkistan apart from Turkey."""
    return next(
        (group for name, group in load_lexicon().states if state.startswith(name) and len(state) - len(name) <= 2), None
    )


def _kazakh_person_after(words: list[Word], index: int) -> bool:
    return index + 1 < len(words) and words[index + 1].text.startswith(load_lexicon().beside["kazakh_people"])
