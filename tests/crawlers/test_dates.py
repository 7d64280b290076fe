"""Dates as outlets write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.dates import ALMATY, almaty_day, almaty_iso, given_moment, parse_date

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=ALMATY)
READ = {
    # Kazakh
    "бүгін, 11:05": "2026-06-01T11:05:00+05:00",
    "Бүгін 09:00": "2026-06-01T09:00:00+05:00",
    "кеше, 21:07": "2026-05-31T21:07:00+05:00",
    "алдыңғы күні": "2026-05-30T00:00:00+05:00",
    "12 қараша 2025": "2025-11-12T00:00:00+05:00",
    "12 қараша, 2023 18:00": "2023-11-12T18:00:00+06:00",
    "2025 жылғы 12 қарашада": "2025-11-12T00:00:00+05:00",
    "2025 ж. 3 Қазан 14:30": "2025-10-03T14:30:00+05:00",
    "21 наурыз": "2026-03-21T00:00:00+05:00",
    "16 желтоқсанның": "2025-12-16T00:00:00+05:00",
    "1 мамыр 2026 жыл": "2026-05-01T00:00:00+05:00",
    "3 сағат бұрын": "2026-06-01T09:00:00+05:00",
    "бір апта бұрын": "2026-05-25T12:00:00+05:00",
    "жаңа ғана": "2026-06-01T12:00:00+05:00",
    "12 qarasha 2025": "2025-11-12T00:00:00+05:00",
    # Russian
    "сегодня в 10:15": "2026-06-01T10:15:00+05:00",
    "вчера": "2026-05-31T00:00:00+05:00",
    "позавчера, 8:00": "2026-05-30T08:00:00+05:00",
    "31 мая 2026, 09:40": "2026-05-31T09:40:00+05:00",
    "09:40, 31 мая 2026": "2026-05-31T09:40:00+05:00",
    "Опубликовано: 31 мая 2026 г. в 10:00": "2026-05-31T10:00:00+05:00",
    "31 мая, 09:40": "2026-05-31T09:40:00+05:00",
    "12 дек. 2025": "2025-12-12T00:00:00+05:00",
    "25 декабря": "2025-12-25T00:00:00+05:00",
    "5 дней назад": "2026-05-27T12:00:00+05:00",
    "час назад": "2026-06-01T11:00:00+05:00",
    # English
    "May 31, 2026 9:40 PM": "2026-05-31T21:40:00+05:00",
    "31st of May, 2026": "2026-05-31T00:00:00+05:00",
    "Nov 12, 2025": "2025-11-12T00:00:00+05:00",
    "yesterday, 17:00": "2026-05-31T17:00:00+05:00",
    "2 hours ago": "2026-06-01T10:00:00+05:00",
    # figures
    "31.05.2026 09:40": "2026-05-31T09:40:00+05:00",
    "31-05-2026, 09:40": "2026-05-31T09:40:00+05:00",
    "31.05.26": "2026-05-31T00:00:00+05:00",
    "2026/05/31 09:40": "2026-05-31T09:40:00+05:00",
    # machines
    "2026-05-31": "2026-05-31T00:00:00+05:00",
    "2026-05-31T09:40:00Z": "2026-05-31T14:40:00+05:00",
    "2026-05-31T09:40:00.1234567+03:00": "2026-05-31T11:40:00+05:00",
    "2026-05-31 09:40:00 +0500": "2026-05-31T09:40:00+05:00",
    "Sun, 31 May 2026 09:40:00 GMT": "2026-05-31T14:40:00+05:00",
    "2024-02-29T23:30:00": "2024-02-29T23:30:00+06:00",
    "2024-02-29T19:00:00Z": "2024-03-01T00:00:00+05:00",
}  # fmt: skip
REFUSED = [
    "", "жаңалықтар", "бүгін, 14:05", "2 июня 2026", "2027-01-01", "завтра", "31 июня 2026", "30.02.2026", "10 маршрутов", "2 майора",
    "12 мартини", "1990-01-01", "5 марок", "тел. 25-36-47", "9999-99-99", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "99 қараша 2025",
]  # fmt: skip


@pytest.mark.parametrize(("text", "moment"), READ.items())
def test_read(text: str, moment: str) -> None:
    found = parse_date(text, NOW)
    assert found is not None and almaty_iso(found) == moment


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert parse_date(text, NOW) is None


@pytest.mark.parametrize("text", ["вчера", "кеше, 21:07", "3 сағат бұрын", "31 мая, 09:40"])
def test_relative_words_need_a_reference(text: str) -> None:
    assert parse_date(text, None) is None


@given(st.text(max_size=80))
def test_no_text_crashes(text: str) -> None:
    parse_date(text, NOW)


@given(
    st.integers(0, 26 * 365 * 86_400).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
)
def test_round_trip(moment: datetime) -> None:
    """L2: also across the change to UTC+5 on 1 March 2024."""
    found = parse_date(almaty_iso(moment), NOW)
    assert found is not None and abs(found - moment) < timedelta(seconds=1)
    assert almaty_day(moment) == found.date()


def test_a_date_given_by_hand_is_believed_or_refused() -> None:
    assert almaty_iso(given_moment(" 2023-05-31 ")) == "2023-05-31T00:00:00+06:00"
    assert almaty_iso(given_moment("2026-05-31T20:30:00Z")) == "2026-06-01T01:30:00+05:00"
    for text in (
        "",
        "yesterday",
        "31.05.2026",
        "2026-02-30",
        "2026-05-31 or so",
        "0001-01-01",
        "9999-12-31T23:59-12:00",
    ):
        with pytest.raises(ValueError, match="is no ISO date"):
            given_moment(text)
