"""The message catalogues `i18n/<language>.toml`: every word a reader sees, plural forms, numbers and dates."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from reports.issue import Language, ReportError

_THIN_SPACE: Final = "\u202f"  # narrow no-break space between thousands, as Russian and Kazakh print asks for
_NO_BREAK: Final = "\u00a0"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of one language. A missing key is an error, never an empty place."""

    language: Language
    messages: dict[str, str]

    def text(self, key: str, **values: object) -> str:
        """Message `section.name` with `{placeholders}` filled."""
        try:
            return self.messages[key].format(**values)
        except KeyError as error:
            raise ReportError(f"reports/i18n/{self.language}.toml has no message {key!r} ({error}): add it.") from error

    def knows(self, key: str) -> bool:
        return key in self.messages

    def count(self, key: str, number: int) -> str:
        """`12 сюжетов`: the number and the noun `plural.<key>` in the form the number asks for."""
        return f"{self.number(number)}{_NO_BREAK}{self.noun(key, number)}"

    def noun(self, key: str, number: int) -> str:
        return self.text(f"plural.{key}.{plural_form(self.language, number)}")

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with this language's signs; a dash where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        written = f"{value:,.{decimals}f}".replace(",", "|").replace(".", self.text("format.decimal"))
        separator = "," if self.language == "en" else _THIN_SPACE
        return written.replace("|", separator)

    def figure(self, value: float | None) -> str:
        """A measured figure: one decimal under ten, none above, because more would feign precision."""
        return self.number(value, 0 if value is None or abs(value) >= 10 or value == int(value) else 1)

    def share(self, value: float | None) -> str:
        """An upper bound of a share: three decimals, 0.001 at least, because more digits would feign precision."""
        return self.number(None if value is None else max(value, 0.001), 3)

    def day(self, day: date, *, year: bool = False) -> str:
        pattern = "format.day_year" if year else "format.day"
        return self.text(pattern, day=day.day, month=self.text(f"month.{day.month}"), year=day.year)

    def days(self, first: date, last: date, *, year: bool = False) -> str:
        """`25–31 мая`, `30 марта – 5 апреля`, or one day."""
        if first == last:
            return self.day(first, year=year)
        if (first.year, first.month) == (last.year, last.month):
            pattern = "format.days_year" if year else "format.days"
            month = self.text(f"month.{last.month}")
            return self.text(pattern, first=first.day, last=last.day, month=month, year=last.year)
        if not year or first.year != last.year:
            return f"{self.day(first, year=year)}{_NO_BREAK}– {self.day(last, year=year)}"
        return self.text("format.days_across_year", first=self.day(first), last=self.day(last), year=last.year)

    def week(self, week: str) -> str:
        """`2026-W22` → `неделя 22`."""
        return self.text("format.week", number=int(week[-2:]))

    def alphabetical(self, word: str) -> tuple[int, ...]:
        """A key that sorts in the order of this language's alphabet; Unicode puts Ә Ғ Қ Ң Ө Ұ Ү Һ І behind Я."""
        alphabet = self.text("format.alphabet")
        return tuple(alphabet.find(letter) for letter in word.lower())

    def group(self, group_id: str) -> str:
        """A group's name. The codebook's list is open: an id without a name here is shown as it is."""
        key = f"group.{group_id}"
        return self.messages[key] if key in self.messages else group_id.replace("_", " ")


def plural_form(language: Language, number: int) -> str:
    """The CLDR plural category of a whole number: `one few many` for Russian, `one other` else.

    Kazakh nouns stay in the singular after a number, so its two forms read alike.
    """
    if language == "ru":
        if number % 10 == 1 and number % 100 != 11:
            return "one"
        return "few" if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else "many"
    return "one" if number == 1 else "other"


@cache
def catalogue(language: Language) -> Catalogue:
    source = files("reports").joinpath("i18n", f"{language}.toml")
    try:
        table = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ReportError(f"There is no language {language!r}; reports/i18n holds ru, kk and en.") from error
    return Catalogue(language, dict(_flat(table)))


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs.extend(_flat(value, f"{prefix}{key}."))
        else:
            pairs.append((f"{prefix}{key}", str(value)))
    return pairs
