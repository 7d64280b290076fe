"""The lexicon of names of peoples: groups.toml made into look-up tables, and what one word form may be.

`sense_of` knows words only, never their surroundings; those are judged in nlp/groups.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from nlp.inflect import KAZAKH_TONGUE, KAZAKH_TONGUED, adjective_forms, kazakh_split, noun_forms, plural_forms
from nlp.normalise import fold_word, latin_readings
from nlp.russian import analyses

LEXICON = Path(__file__).with_name("groups.toml")


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word form may be: `kind` is its part of speech as far as the constructions tell it apart."""

    group: str
    kind: str  # person adjective nominal combining tongue bare inflected english english_people fixed
    pejorative: bool = False
    homonym: str = ""  # a fixed kind of homonym
    stem: str = ""  # the Kazakh stem as written in the lexicon; spellings that fold alike are joined by "|"


@dataclass(frozen=True, slots=True)
class Context:
    kind: str
    words: frozenset[str]
    stems: frozenset[str]  # Kazakh
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    pattern: re.Pattern[str]
    group: str
    pejorative: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
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
    contexts: tuple[Context, ...]
    states: tuple[tuple[str, str], ...]  # folded beginning of a state's name → its people
    beginnings: frozenset[str]  # first three letters of every form and stem
    plain: frozenset[str]
    phrase_triggers: frozenset[str]  # first four letters of a word each phrase holds


@lru_cache(maxsize=200_000)
def sense_of(word: str) -> Sense | None:
    """The sense of one folded word, or None; Latin letters are read as English first, then as Kazakh or Russian."""
    if not 3 <= len(word) <= 40:
        return None
    if "a" <= word[0] <= "z" or not word[0] >= "а":
        if (sense := load_lexicon().english.get(word)) is not None:
            return sense
        cyrillic = next((sense for reading in latin_readings(word) if (sense := _cyrillic_sense(reading))), None)
        return cyrillic or _misspelt_sense(word)
    return _cyrillic_sense(word) or _misspelt_sense(word)


_SHORTEST_MISSPELT = 6
_SHORTEST_CHANGED = 7  # shorter names have neighbours among ordinary words: "болган", "кандай"


def _misspelt_sense(word: str) -> Sense | None:
    """The sense of a Russian, English or plural Kazakh form one slip away: letters swapped, one added, lost, changed.

    First letters agree and no dictionary knows the word: "татжики", "узбкеи", but neither "корешки" nor "чехлы".
    """
    # One slip leaves the beginning or the end whole; most words go no further than this.
    starts, ends = _neighbours_edges()
    if len(word) < _SHORTEST_MISSPELT or not (word[:3] in starts or (len(word) > 6 and word[-4:] in ends)):
        return None
    if word in load_lexicon().plain:
        return None
    near = _neighbours()
    cuts = (word, *(word[:i] + word[i + 1 :] for i in range(1, len(word))))
    for cut in cuts:
        for form in near.get(cut, ()):
            slip = _slip(word, form)
            if slip and (slip == "swapped" or len(form) >= _SHORTEST_CHANGED):
                sense = _neighbours_senses()[form]
                if slip in _SLIPS_BELIEVED[sense.kind] and (sense.kind not in _RUSSIAN or _no_russian_word(word, slip)):
                    return sense
    return None


_RUSSIAN = frozenset({"person", "adjective", "nominal"})
# A changed letter makes another Kazakh or English word ("туристер", "аудандар"), a swapped one hardly ever.
_SLIPS_BELIEVED = {
    "person": frozenset({"swapped", "lost", "added", "changed"}),
    "adjective": frozenset({"swapped", "lost", "added", "changed"}),
    "nominal": frozenset({"swapped", "lost", "added", "changed"}),
    "inflected": frozenset({"swapped", "lost", "added"}),
    "english": frozenset({"swapped", "added"}),
    "english_people": frozenset({"swapped", "added"}),
}


def _no_russian_word(word: str, slip: str) -> bool:
    looks_kazakh = slip != "swapped" and _KAZAKH_LOOKING.search(word) is not None
    return not looks_kazakh and not any(reading.known for reading in analyses(word))


_KAZAKH_LOOKING = re.compile(
    r"(?:[лдт][ае]р\w*|[дтгк][ае]н?|[гк][ае]н\w*|[иы]н|с[ае]|м[ае]|[дт][иы]|тын|ша|че|о|ск|нын)$"
)


def _slip(word: str, form: str) -> str:
    """How a word differs from a form: "swapped", "changed", "added", "lost" (one letter each), or empty."""
    if len(word) == len(form):
        wrong = [i for i, (a, b) in enumerate(zip(word, form, strict=True)) if a != b]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            swapped = word[wrong[0]] == form[wrong[1]] and word[wrong[1]] == form[wrong[0]]
            return "swapped" if swapped else ""
        return "changed" if len(wrong) == 1 and wrong[0] else ""
    longer, shorter = (word, form) if len(word) > len(form) else (form, word)
    if len(longer) != len(shorter) + 1 or all(longer[:i] + longer[i + 1 :] != shorter for i in range(1, len(longer))):
        return ""
    return "added" if longer is word else "lost"


@cache
def _neighbours_senses() -> dict[str, Sense]:
    """The forms that slips are sought for."""
    lexicon = load_lexicon()
    senses = {
        form: sense
        for form, sense in lexicon.forms.items()
        if len(form) >= _SHORTEST_MISSPELT and sense.kind in _RUSSIAN and not sense.homonym
    }
    for stem, sense in lexicon.kazakh.items():
        if (
            sense.kind == "bare"
            and len(stem) >= 5
            and (stem not in lexicon.forms or not KAZAKH_LETTERS.isdisjoint(sense.stem))
        ):
            back = re.search("[аоұыуя][^әеіөүиаоұыуя]*$", sense.stem) is not None
            for plural in ("лар", "дар", "тар") if back else ("лер", "дер", "тер"):
                for case in ("", "дын", "га", "ды", "мен") if back else ("", "дин", "ге", "ди", "мен"):
                    senses.setdefault(stem + plural + case, Sense(sense.group, "inflected", sense.pejorative))
    for word, sense in lexicon.english.items():
        if len(word) >= _SHORTEST_MISSPELT and word not in lexicon.english_capital:
            senses.setdefault(word, sense)
    return senses


@cache
def _neighbours_edges() -> tuple[frozenset[str], frozenset[str]]:
    """First two and first three letters of the forms, and their last four."""
    forms = _neighbours_senses()
    return frozenset(form[:n] for form in forms for n in (2, 3)), frozenset(form[-4:] for form in forms)


@cache
def _neighbours() -> dict[str, tuple[str, ...]]:
    """Every form, and every form with one letter left out, to the forms it may stand for."""
    near: dict[str, tuple[str, ...]] = {}
    for form in _neighbours_senses():
        for cut in {form, *(form[:i] + form[i + 1 :] for i in range(1, len(form)))}:
            near[cut] = (*near.get(cut, ()), form)
    return near


def _cyrillic_sense(word: str) -> Sense | None:
    lexicon = load_lexicon()
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
    lexicon = load_lexicon()
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


def spelt_as(stem: str, surface: str) -> bool:
    """Whether a surface may be the stem: each Kazakh letter is itself or typed as a Russian one, never another.

    "құрды" (built) folds like "күрді" (the Kurd): the letters behind the folding tell them apart.
    """
    return any(
        all(
            given == expected or given not in KAZAKH_LETTERS for given, expected in zip(surface, spelling, strict=False)
        )
        for spelling in stem.lower().split("|")
    )


KAZAKH_LETTERS = frozenset("әғқңөұүһі")


_GROUP_KEYS = frozenset(
    {
        "ru",
        "ru_plural",
        "adj",
        "nominal",
        "kk",
        "en",
        "plain",
        "slur",
        "slur_adj",
        "slur_nominal",
        "slur_kk",
        "slur_en",
        "slur_prefix",
        "state",
        "state_more",
        "country_kk",
    }
)


@cache
def load_lexicon() -> Lexicon:
    with LEXICON.open("rb") as file:
        return _compile(tomllib.load(file))


def _compile(table: dict[str, Any]) -> Lexicon:
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
            for stem in voiced(entry.get(key, ())):
                folded = fold_word(stem)
                spellings = f"{kazakh[folded].stem}|{stem}" if folded in kazakh else stem
                kazakh[folded] = Sense(group, "bare", pejorative, stem=spellings)
        # Russian nouns take Kazakh endings in mixed speech: "чеченцыларға", "русскийлер".
        for noun in (*entry.get("ru", ()), *entry.get("nominal", ())):
            kazakh.setdefault(fold_word(noun), Sense(group, "bare", stem=noun))
            if noun.endswith("ец"):
                kazakh.setdefault(fold_word(noun)[:-2] + "цы", Sense(group, "bare", stem=noun))
        for noun in entry.get("slur", ()):  # "азерлер", "хохолдар"
            kazakh.setdefault(fold_word(noun), Sense(group, "bare", pejorative=True, stem=noun))
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
        for language, of_kind in heads.items():
            for word in voiced(entry.get(language, ())) if language == "kk" else entry.get(language, ()):
                of_kind.setdefault(fold_word(word), "state" if kind == "state_person" else kind)
    heads["en"] = {word: "" if kind == "people" else kind for word, kind in heads["en"].items()}
    return Lexicon(
        forms=forms,
        english=english,
        english_capital=frozenset(table["english"]["capital_only"]),
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
            Context(
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
        phrase_triggers=_TRIGGERS,
    )


def voiced(stems: Iterable[str]) -> Iterator[str]:
    """Kazakh stems and their form before a vowel: "өзбек", "өзбег" ("өзбегі"); "мектеп", "мектеб"."""
    for stem in stems:
        yield stem
        if stem[-1] in _VOICED and len(stem) > 3:
            yield stem[:-1] + _VOICED[stem[-1]]


_VOICED = {"к": "г", "қ": "ғ", "п": "б"}
_ENGLISH_NOUNS = frozenset(
    {
        "turk",
        "kurd",
        "pole",
        "finn",
        "swede",
        "jew",
        "slav",
        "moskal",
        "mambet",
        "sart",
        "churka",
        "gypsies",
        "englishmen",
        "frenchmen",
    }
)
PHRASES = tuple(
    Phrase(re.compile(rf"(?<!\w)(?:{pattern})"), group, pejorative)
    for pattern, group, pejorative in (
        (r"шала[ -]?казак\w*|shala[ -]?qazaq\w*", "kazakh", True),
        (r"крымск\w+ татар\w*|кырым татар\w*", "crimean_tatar", False),
        (r"орта азиялык\w*|орталык азиялык\w*", "central_asian", False),
        (r"(?:озге|баска|ботен|богде|ана) (?:улт|этнос)\w*(?: окил\w*)?", "unspecified", False),
        (r"ботендер\w*", "unspecified", False),
        (r"(?:друг|ин|чуж)\w{2,3} (?:национальност|народност|этнос|нац)\w*", "unspecified", False),
        (r"не[ -]?русск(?:ие|их|им|ими)(?!\w)", "unspecified", False),
        (r"(?:трудов\w+|нелегальн\w+|незаконн\w+) мигрант\w*|енбек мигрант\w*", "migrants", False),
        (r"иностранн(?:ы\w+ рабоч(?:ие|их|им|ими)|\w+ (?:работник|специалист|строител)\w*)", "migrants", False),
        (r"(?:шеттен|шетелден|сырттан) келген(?:дер\w*| (?:жумысшы|маман|адам)\w*)", "migrants", False),
        (r"кошип келген жумысшы\w*", "migrants", False),
        (r"шетелдик (?:жумысшы|маман|кызметкер)\w*|foreign workers?|labou?r migrants?", "migrants", False),
        (r"(?:приезж\w+|выходц\w+|рабоч\w+|мигрант\w*) из средней азии", "migrants", False),
    )
)
ANY_PHRASE = re.compile(
    r"(?<!\w)(?:" + "|".join(phrase.pattern.pattern.removeprefix(r"(?<!\w)") for phrase in PHRASES) + ")"
)
# A state's citizens, natives or workers spoken of as such count as the people (codebook, "Unit").
CITIZENS = (
    re.compile(
        r"(?<!\w)(?:граждан\w*|(?:уроженец|уроженк|уроженц|выход[еи]?ц)\w*(?: из)?"
        r"|(?:рабоч|студент|мигрант|приезж|гост|нелегал|специалист)\w* из) (?:республики )?(?P<state>\w+)"
    ),
    re.compile(r"(?<!\w)(?P<state>\w{4,20}?)(?:н[иы]н)? азамат\w*"),
    re.compile(r"(?<!\w)(?P<state>\w{4,20})[дтн][ае]н келген(?:дер\w*)?(?!\w)"),
    re.compile(r"(?<!\w)citizens? of (?P<state>\w+)"),
)
_TRIGGERS = frozenset(
    {
        "граж",
        "урож",
        "выхо",
        "азам",
        "шала",
        "shal",
        "крым",
        "кыры",
        "озге",
        "баска",
        "баск",
        "боте",
        "богд",
        "ана",
        "орта",
        "друг",
        "иной",
        "иных",
        "чужо",
        "нерус",
        "неру",
        "руск",
        "русс",
        "труд",
        "неле",
        "неза",
        "енбе",
        "инос",
        "шете",
        "шетт",
        "сырт",
        "спец",
        "коши",
        "fore",
        "labo",
        "прие",
        "рабо",
        "мигр",
        "citi",
        "нати",
        "улт",
        "улты",
        "этно",
        "студ",
        "келг",
    }
) - {"русс", "нати", "ана"}
