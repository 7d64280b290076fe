"""The table of places and all forms of its names: what one word of a text may begin.

`gazetteer.csv` holds Kazakhstan (regions, cities, districts, villages, old and new names), `states.csv` the rest of the
world by name only; how the first is made stands in `gazetteer_build.py`. Codes in the table are today's; `region_on`
gives the code of a day.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from nlp.place_forms import adjective_forms, city_adjective, fold, kazakh_case, latin_to_cyrillic, noun_forms

_HERE = Path(__file__).parent
KINDS = ("region", "city", "district", "village", "town", "feature", "macro", "country", "abroad")
_FLAGS = frozenset({"weak", "lower", "abbr", "old", "typed", "main", "word", "shared"})

# Law of 4 May 2022 (in force 8 June 2022): Abai, Jetisu, Ulytau were split off. Decree of 19 June 2018: Shymkent left
# South Kazakhstan, which became Turkistan. Today's code → the code of the parent before that day.
_SPLITS = (
    (date(2022, 6, 8), {"KZ-10": "KZ-63", "KZ-33": "KZ-19", "KZ-62": "KZ-35"}),
    (date(2018, 6, 19), {"KZ-79": "KZ-61"}),
)


def region_on(region: str, day: date | None) -> str:
    """The ISO 3166-2 code, on `day`, of what is `region` today; undated: today's."""
    if day is not None:
        for split, parents in _SPLITS:
            if day < split:
                region = parents.get(region, region)
    return region


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the gazetteer; `region` is today's code or None (macro-regions, the country, places abroad)."""

    region: str | None
    precision: int | None
    kind: str
    valid_from: date | None = None
    valid_to: date | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Form:
    """One way a name begins: `rest` are the forms of its further words; `typed` a type word the entry's lemma has."""

    entry: Entry
    name: str
    shape: str  # noun, adjective (of the entry's own lemma), derived (an adjective made from a city or region)
    case: str  # nom abl loc dat gen obl attr
    language: str  # ru kk en
    typed: str | None = None
    rest: tuple[frozenset[str], ...] = ()
    open_end: bool = False  # the last word takes a chain of Kazakh suffixes


_KAZAKH_LETTER = re.compile(r"[әғқңөұүһі]", re.I)
_TYPED_RU = {"область": "region", "район": "district"}
_TYPED_KK = {"облысы": "region", "ауданы": "district"}
_TYPED_EN = {"Region": "region", "District": "district"}


@dataclass(slots=True)
class Gazetteer:
    """All forms of all names, by their first word. Make one with `Gazetteer.load()`: it takes well under a second."""

    exact: dict[str, list[Form]] = field(default_factory=dict)
    stems: dict[str, list[Form]] = field(default_factory=dict)
    loose: dict[str, list[Form]] = field(default_factory=dict)  # the stems with ы as и: "Масаншида", "Zhambil"
    look: Callable[[str], tuple[Form, ...]] = field(init=False)

    def __post_init__(self) -> None:
        # A day's texts repeat their words: 200 k tokens hold a national day's vocabulary in about 40 MB.
        self.look = lru_cache(maxsize=200_000)(self._look)

    @classmethod
    def load(cls, extra: Path | None = None) -> Gazetteer:
        """The packaged tables and, in the sample world, an overlay with the columns of `gazetteer.csv`."""
        gazetteer = cls()
        tables = [_HERE / "gazetteer.csv", *([extra] if extra else [])]
        for table in tables:
            for line, row in enumerate(_rows(table), start=2):
                try:
                    entry = _entry(row)
                except (KeyError, ValueError) as error:
                    raise ValueError(f"{table.name}, line {line}: {error}; see the columns in gazetteer.csv") from error
                gazetteer._add(entry, row["lemma_ru"], row["lemma_kk"], row["lemma_en"])
        for row in _rows(_HERE / "states.csv"):
            entry = Entry(None, None, "abroad", flags=frozenset(row["note"].split()) & _FLAGS)
            gazetteer._add(entry, row["lemma_ru"], row["lemma_kk"], row["lemma_en"])
        return gazetteer

    def _add(self, entry: Entry, ru: str, kk: str, en: str) -> None:
        for number, lemma in enumerate(filter(None, ru.split("|"))):
            self._add_russian(entry, lemma, derive=number == 0)
        for lemma in filter(None, kk.split("|")):
            self._add_kazakh(entry, lemma)
        for lemma in filter(None, en.split("|")):
            self._add_english(entry, lemma)

    def _add_russian(self, entry: Entry, lemma: str, derive: bool) -> None:
        words = lemma.split()
        if words[-1] in _TYPED_RU:
            typed = _TYPED_RU[words[-1]]
            for form, case in adjective_forms(words[0]).items():
                self._put(self.exact, form, Form(entry, lemma, "adjective", case, "ru", typed))
            return
        typed_before = _TYPED_RU.get(words[0])
        if typed_before:
            words = words[1:]
        whole_words = [noun_forms(word) for word in words]
        if typed_before and len(words) > 1:
            whole_words = [{fold(word): "nom"} for word in words]  # a person's name in the genitive stands still
        rest = tuple(frozenset(forms) for forms in whole_words[1:])
        for form, case in whole_words[0].items():
            self._put(self.exact, form, Form(entry, lemma, "noun", case, "ru", typed_before, rest))
        if not rest and not typed_before:  # "Карагандада": a Kazakh ending on the Russian name
            self._put_stem(fold(lemma), Form(entry, lemma, "noun", "nom", "ru", open_end=True))
        plain = derive and entry.kind == "city" and not entry.flags & {"weak", "old"}
        derived = city_adjective(lemma) if plain else None
        if derived:
            for form in adjective_forms(derived):
                self._put(self.exact, form, Form(entry, lemma, "derived", "obl", "ru"))

    def _add_kazakh(self, entry: Entry, lemma: str) -> None:
        words = lemma.split()
        typed = _TYPED_KK.get(words[-1])
        if typed:
            words = words[:-1]
        folded = [fold(word) for word in words]
        rest = tuple(frozenset({word}) for word in folded[1:])
        form = Form(entry, lemma, "noun", "nom", "kk", typed, rest, open_end=True)
        if rest:
            self._put(self.exact, folded[0], form)
        else:
            self._put_stem(folded[0], form)

    def _add_english(self, entry: Entry, lemma: str) -> None:
        words = lemma.split()
        typed = _TYPED_EN.get(words[-1])
        if typed:
            words = words[:-1]
        folded = [fold(word) for word in words]
        rest = tuple(frozenset({word, word + "s"}) for word in folded[1:])
        for form in {folded[0], folded[0] + "s"}:  # the possessive: folding drops the apostrophe
            self._put(self.exact, form, Form(entry, lemma, "noun", "nom", "en", typed, rest))

    def _put_stem(self, stem: str, form: Form) -> None:
        self._put(self.stems, stem, form)
        if len(stem) > 4:
            self._put(self.loose, stem.replace("ы", "и"), form)

    @staticmethod
    def _put(where: dict[str, list[Form]], key: str, form: Form) -> None:
        forms = where.setdefault(key, [])
        if form not in forms:
            forms.append(form)

    def _look(self, token: str) -> tuple[Form, ...]:
        """The forms a token may begin. Abbreviations count in capitals, other names in lower case only if flagged."""
        if not 2 <= len(token) <= 60:  # the longest name with all its endings has under 40 letters
            return ()
        folded = fold(token)
        found = list(self.exact.get(folded, ()))
        spelling = folded
        if folded.isascii():
            if len(folded) < 4 or not folded.replace("-", "").isalpha():  # "QR" is not "ҚР", nor is "RK3588"
                return self._fit_letters(token, found)
            spelling = latin_to_cyrillic(folded)
            # English spelling of a Russian or Kazakh name which the table has in Cyrillic only.
            found = found or list(self.exact.get(spelling, ()))
        found += _by_stem(self.stems, spelling)
        if not found:
            found = _by_stem(self.loose, spelling.replace("ы", "и"))
        return self._fit_letters(token, found)

    def _fit_letters(self, token: str, found: list[Form]) -> tuple[Form, ...]:
        """The forms that the token's letters allow, those in the language of the word first.

        A Kazakh ending says Kazakh, Latin letters say English or Kazakh; the first form gives the place its name.
        """
        if _KAZAKH_LETTER.search(token):  # "қарағанда" (compared with) is not "Караганда"
            found = [form for form in found if form.language == "kk" or _KAZAKH_LETTER.search(form.name)]
        order = ("ru", "kk", "en") if fold(token) in self.exact else ("kk", "ru", "en")
        if token.isascii():
            order = ("en", "kk", "ru")
        fitting = [form for form in found if _fits_capitals(form, token)]
        return tuple(sorted(fitting, key=lambda form: order.index(form.language)))


def _by_stem(stems: dict[str, list[Form]], spelling: str) -> list[Form]:
    """The forms of the longest stem that leaves a chain of Kazakh suffixes."""
    for cut in range(len(spelling), 1, -1):
        forms = stems.get(spelling[:cut])
        case = kazakh_case(spelling[cut:], spelling[:cut]) if forms else None
        if forms and case == "attr":  # "ресейлік", "қазақстандық" say where from, not where
            return [replace(f, case=case, shape="derived") for f in forms if f.entry.kind in ("city", "region")]
        if forms and case:
            return [replace(form, case=case) for form in forms]
    return []


def _fits_capitals(form: Form, token: str) -> bool:
    """Abbreviations stand in capitals ("БҚО-да", not "РККА"), names with a capital unless they are safe without."""
    if "abbr" in form.entry.flags or (len(form.name) <= 3 and form.name.isupper()):
        rest = token[len(form.name) :]
        return token[: len(form.name)].isupper() and (not rest or rest[0] == "-" or rest.islower())
    safe = "lower" in form.entry.flags or (form.typed and form.shape == "adjective")
    return bool(safe) or token[0].isupper()


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _entry(row: dict[str, str]) -> Entry:
    if row["kind"] not in KINDS:
        raise ValueError(f"unknown kind {row['kind']!r}, one of {', '.join(KINDS)}")
    if not any(row[column] for column in ("lemma_ru", "lemma_kk", "lemma_en")):
        raise ValueError("no name in any language")
    return Entry(
        region=row["region_code"] or None,
        precision=int(row["precision"]) if row["precision"] else None,
        kind=row["kind"],
        valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        flags=frozenset(row["note"].split()) & _FLAGS,
    )
