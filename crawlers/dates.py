"""Dates as outlets write them, in Kazakh, Russian and English, in words and figures.

Pure: a word like "вчера" needs the moment it is read against, and that moment is an argument.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo

# One zone for the country since 1 March 2024 (UTC+5); before that Almaty and the east kept UTC+6 (tzdata 2024a).
ALMATY: Final = ZoneInfo("Asia/Almaty")

# Whole names take case endings; abbreviations take none, or "10 маршрутов" and "2 майора" would be days of spring.
_KAZAKH: Final[dict[int, tuple[str, ...]]] = {
    1: ("қаңтар", "кантар", "qańtar", "qañtar", "qantar"),
    2: ("ақпан", "акпан", "aqpan"),
    3: ("наурыз", "naýryz", "nauryz"),
    4: ("сәуір", "сауир", "sáýir", "säuir", "sauir"),
    5: ("мамыр", "mamyr"),
    6: ("маусым", "maýsym", "mausym"),
    7: ("шілде", "шилде", "shilde", "şılde"),
    8: ("тамыз", "tamyz"),
    9: ("қыркүйек", "кыркуйек", "qyrkúıek", "qyrküiek", "qyrkuiek"),
    10: ("қазан", "казан", "qazan"),
    11: ("қараша", "караша", "qarasha", "qaraşa"),
    12: ("желтоқсан", "желтоксан", "jeltoqsan"),
}
_RUSSIAN: Final[dict[int, tuple[str, ...]]] = {
    1: ("январ", "янв"),
    2: ("феврал", "фев"),
    3: ("март", "мар"),
    4: ("апрел", "апр"),
    5: ("ма",),
    6: ("июн",),
    7: ("июл",),
    8: ("август", "авг"),
    9: ("сентябр", "сент", "сен"),
    10: ("октябр", "окт"),
    11: ("ноябр", "ноя"),
    12: ("декабр", "дек"),
}
_ENGLISH: Final[dict[int, tuple[str, ...]]] = {
    1: ("january", "jan"),
    2: ("february", "feb"),
    3: ("march", "mar"),
    4: ("april", "apr"),
    5: ("may",),
    6: ("june", "jun"),
    7: ("july", "jul"),
    8: ("august", "aug"),
    9: ("september", "sept", "sep"),
    10: ("october", "oct"),
    11: ("november", "nov"),
    12: ("december", "dec"),
}
_KAZAKH_ENDING: Final = "(?:(?:н|ын|ін)?(?:[дт][ае](?:н|ғы|гі)?|[ғгқк][ае]|[ндт][ыі]ң|нан|нен))?"


def _month_forms() -> dict[int, str]:
    """Per month, an alternation of everything that may name it."""
    forms: dict[int, str] = {}
    for month in range(1, 13):
        kazakh = f"(?:{'|'.join(_KAZAKH[month])}){_KAZAKH_ENDING}"
        whole, *short = _RUSSIAN[month]
        ending = {3: "(?:а|у|е|ом)?", 5: "(?:й|я|ю|е|ем)", 8: "(?:а|у|е|ом)?"}.get(month, "(?:ь|я|ю|е|ем)")
        forms[month] = "|".join((kazakh, whole + ending, *short, *_ENGLISH[month]))
    return forms


_MONTH_FORMS: Final = _month_forms()
_MONTH: Final = "(?P<month>" + "|".join(_MONTH_FORMS.values()) + r")\b\.?"
_YEAR_WORD: Final = r"(?:\s*(?:жылғы|жылы|жыл|ж\.|года|году|год|г\.))?"

_WITH_WORDS: Final = (
    # 2025 жылғы 12 қараша
    re.compile(rf"\b(?P<year>(?:19|20)\d\d){_YEAR_WORD},?\s+(?P<day>\d{{1,2}})(?:-?\s?(?:ші|шы))?\s+{_MONTH}"),
    # 12 қараша 2025, 31 мая 2026 г., 5th of May, 2026, 3 қараша
    re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:-?(?:е|го|ші|шы|st|nd|rd|th))?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?"
    ),
    # May 31, 2026
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?"),
)
_YEAR_FIRST: Final = re.compile(r"\b(?P<year>(?:19|20)\d\d)[./-](?P<month>\d{1,2})[./-](?P<day>\d{1,2})\b")
_DAY_FIRST: Final = re.compile(r"\b(?P<day>\d{1,2})[./-](?P<month>\d{1,2})[./-](?P<year>(?:19|20)\d\d|\d\d)\b")
_CLOCK: Final = re.compile(
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?![\d:])\s*(?P<half>[ap]\.?m\b)?"
)
_DAYS_AGO: Final[tuple[tuple[re.Pattern[str], int], ...]] = (
    (re.compile(r"\b(?:алдыңғы күні|позавчера)\b"), 2),
    (re.compile(r"\b(?:кеше|вчера|yesterday|keshe)\b"), 1),
    (re.compile(r"\b(?:бүгін|бугин|сегодня|today|búgin|bügin)\b"), 0),
)
_JUST_NOW: Final = re.compile(r"\b(?:жаңа ғана|қазір ғана|только что|just now)\b")
_UNITS: Final[dict[str, timedelta]] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_UNIT_STEMS: Final[dict[str, str]] = {
    "секунд": "second", "сек": "second", "second": "second", "sec": "second",
    "минут": "minute", "мин": "minute", "minute": "minute", "min": "minute",
    "сағат": "hour", "сагат": "hour", "час": "hour", "hour": "hour",
    "күн": "day", "кун": "day", "день": "day", "дня": "day", "дней": "day", "day": "day",
    "апта": "week", "недел": "week", "week": "week",
}  # fmt: skip
_AGO: Final = re.compile(
    r"\b(?:(?P<count>\d{1,3})|бір|an?)?\s*(?P<unit>"
    + "|".join(sorted(_UNIT_STEMS, key=len, reverse=True))
    + r")[^\W\d_]{0,3}\.?\s+(?:бұрын|бурын|назад|ago)\b"
)
# A written year below this is a founding date or a scanning error, not the date of a page.
_FIRST_YEAR: Final = 1995


def parse_date(text: str, reference: datetime | None) -> datetime | None:
    """The first date in a short text, aware, in Asia/Almaty; None if there is none or it lies after `reference`.

    `reference` is the moment the text was read, aware; without it words such as "бүгін" and dates without a year
    give None. A date without a clock time is midnight. A written offset ("…+03:00", "GMT") is believed.
    """
    if reference is not None and reference.tzinfo is None:
        raise ValueError("reference must carry an offset")
    found = _machine_date(text) or _written_date(" ".join(text.lower().split()), reference)
    if found is None or found.year < _FIRST_YEAR:
        return None
    found = found.astimezone(ALMATY)
    return None if reference is not None and found > reference else found


def machine_date(text: str) -> datetime | None:
    """ISO 8601 or RFC 2822 only, as in feeds and meta tags, in Asia/Almaty; future dates are the caller's to judge."""
    found = _machine_date(text)
    return found.astimezone(ALMATY) if found is not None and found.year >= _FIRST_YEAR else None


def given_moment(text: str) -> datetime:
    """The moment a user wrote as an ISO date or date-time, in Asia/Almaty; without an offset it is Almaty's.

    ValueError for anything else: a date given by hand is believed or refused, never searched for.
    """
    try:
        return _aware(datetime.fromisoformat(text.strip())).astimezone(ALMATY)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no ISO date; give 2026-05-31 or 2026-05-31T09:40:00+05:00") from None


def almaty_iso(moment: datetime) -> str:
    """ISO 8601 to the second with Almaty's offset of that day: `2026-05-31T09:40:00+05:00`."""
    if moment.tzinfo is None:
        raise ValueError("a naive time has no place on the time line; attach its zone first")
    return moment.astimezone(ALMATY).isoformat(timespec="seconds")


def almaty_day(moment: datetime) -> date:
    """The calendar day in Almaty."""
    return moment.astimezone(ALMATY).date()


def _machine_date(text: str) -> datetime | None:
    text = text.strip()
    # Python 3.11 takes nearly all of ISO 8601; a bare run of digits ("20260531") is more often a number than a date.
    if re.match(r"\d{4}-\d\d-\d\d", text):
        try:
            return _aware(datetime.fromisoformat(text))
        except ValueError:
            pass
        # "+0500" and "+05" are read by 3.11; fractions longer than six digits and " +0500" after a blank are not.
        tidy = re.sub(r"(\.\d{1,6})\d*", r"\1", re.sub(r"\s+(?=[+-]\d\d)", "", text))
        try:
            return _aware(datetime.fromisoformat(tidy))
        except ValueError:
            return None
    if re.match(r"(?:[A-Za-z]{3},?\s+)?\d{1,2}\s+[A-Za-z]{3,9}\s+\d{4}\s+\d\d?:\d\d", text):
        try:
            return _aware(parsedate_to_datetime(text))
        except (ValueError, TypeError, IndexError):
            return None
    return None


def _aware(moment: datetime) -> datetime:
    try:
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=ALMATY)
        moment.astimezone(UTC).astimezone(ALMATY)
    except OverflowError as error:
        raise ValueError(f"out of range: {moment}") from error
    return moment


def _written_date(text: str, reference: datetime | None) -> datetime | None:
    text = text[:400]  # a date line is short; a paragraph is not searched
    if reference is not None:
        if _JUST_NOW.search(text):
            return reference
        if match := _AGO.search(text):
            unit = _UNITS[_UNIT_STEMS[match["unit"]]]
            return reference - unit * int(match["count"] or 1)
    for pattern in _WITH_WORDS:
        for match in pattern.finditer(text):
            day = _day(match["year"], _month_of(match["month"]), match["day"], reference)
            if day is not None:
                return _at_clock(day, text, match)
    for pattern in (_YEAR_FIRST, _DAY_FIRST):
        for match in pattern.finditer(text):
            year = match["year"] if len(match["year"]) == 4 else f"20{match['year']}"
            day = _day(year, int(match["month"]), match["day"], reference)
            if day is not None:
                return _at_clock(day, text, match)
    if reference is not None:
        for pattern, days in _DAYS_AGO:
            if match := pattern.search(text):
                return _at_clock(almaty_day(reference) - timedelta(days=days), text, match)
    return None


def _month_of(word: str) -> int:
    return next(month for month, form in _MONTH_FORMS.items() if re.fullmatch(form, word))


def _day(year: str | None, month: int, day: str, reference: datetime | None) -> date | None:
    try:
        if year is not None:
            return date(int(year), month, int(day))
        if reference is None:
            return None
        today = almaty_day(reference)
        # Outlets leave out the year for the past twelve months: the latest such day that is not in the future.
        for candidate in (today.year, today.year - 1):
            found = date(candidate, month, int(day))
            if found <= today:
                return found
    except ValueError:  # 31 июня, 29 February of an ordinary year
        return None
    return None


def _at_clock(day: date, text: str, where: re.Match[str]) -> datetime:
    """Midnight, or the clock time written just after or just before the date."""
    clock = _CLOCK.search(text[where.end() : where.end() + 30])
    if clock is None:
        clock = next(iter(_CLOCK.finditer(text[max(0, where.start() - 20) : where.start()])), None)
    if clock is None:
        return datetime.combine(day, time(), ALMATY)
    hour = int(clock["hour"])
    if clock["half"] and hour <= 12:
        hour = hour % 12 + (12 if clock["half"].startswith("p") else 0)
    return datetime.combine(day, time(hour, int(clock["minute"])), ALMATY)
