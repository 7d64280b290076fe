"""The issue of the small world, statement by statement, and the guards of its texts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.issue import ReportError
from reports.weekly import calendar_marks, compose_issue, compose_issues, one_line, safe_link

WEEK = "2026-W22"


def test_issue_says_what_the_rows_say(warehouse: Path) -> None:
    issue = compose_issue(warehouse, WEEK)
    told = {
        "tension": [
            (s.indicator, s.series, s.region_code, s.level, s.status, s.stories, s.disputed, s.target_group)
            for s in issue.tension
        ],
        "cohesion": [(s.region_code, s.series, s.status) for s in issue.cohesion],
        "cells": [(c.region_code, c.stories) for c in issue.cohesion_cells],
        "held": [(s.indicator, s.region_code) for s in issue.held],
        "watches": [(w.indicator, w.region_code, w.capped) for w in issue.watches],
        "ended": [(e.indicator, e.region_code, e.last_alert_week) for e in issue.ended],
        "unseen": [
            (r.region_code, r.status, r.unhealthy_sources, r.held_signals) for r in issue.regions if r.status != "ok"
        ],
        "calendar": [m.names.en for m in issue.calendar],
        "ahead": [m.names.en for m in issue.calendar_ahead],
        "unplaced": (issue.coverage.unplaced_news, issue.coverage.unplaced_social),
        "silent": [s.name for s in issue.coverage.unhealthy],
        "fictional": issue.fictional,
    }
    assert told == {
        "tension": [
            ("incidents", "news", "KZ-31", "alert", "raised", 12, True, None),
            ("hostility", "social", "KZ-47", "alert", "continuing", 9, False, "migrants"),
        ],
        "cohesion": [("KZ-27", "news", "raised")],
        "cells": [("KZ-19", 6)],
        "held": [("grievance", "KZ-55")],
        "watches": [("rumour", "KZ-61", False)],
        "ended": [("grievance", "KZ-59", "2026-W19")],
        "unseen": [("KZ-55", "held", ("Ертіс хабар", "Ертіс чат"), 1), ("KZ-62", "insufficient", (), 0)],
        "calendar": ["Kurban Ait", "Day of Remembrance"],
        "ahead": ["Deportation of Greeks (1949)"],
        "unplaced": (7, 3),
        "silent": ["Ертіс хабар", "Ертіс чат"],
        "fictional": True,
    }
    first = issue.tension[0]
    assert [headline.title for headline in first.headlines] == [
        "Ночная драка у заправки: что известно",
        "Төбелес: полиция не дейді",
        "Police call the brawl domestic",
    ]
    assert first.headlines_withheld == 1  # severity 4 waits for a person
    assert first.headlines[0].day == date(2026, 5, 27)
    assert [item.names.ru for item in first.institutions] == ["Дом дружбы, Тараз"]
    # A region without a body of its own is sent to the national mediation centre.
    assert [item.names.ru for item in issue.tension[1].institutions] == ["Центр этномедиации"]
    assert {signal.families for signal in issue.signals} == {10}  # five indicators that may alert, two series


def test_issue_json_is_the_whole_issue_and_stable(warehouse: Path) -> None:
    issue = compose_issue(warehouse, WEEK)
    record = json.loads(issue.to_json())
    assert record["tension"][0]["alert_id"] == "incidents-news-KZ-31-2026-W22"
    assert record["first_day"] == "2026-05-25"
    assert set(record) == set(issue.to_record())
    assert compose_issue(warehouse, WEEK).to_json() == issue.to_json()
    assert "Скрытый заголовок" not in issue.to_json()


def test_quiet_week_is_quiet_and_a_week_without_past_says_so(warehouse: Path) -> None:
    issues = {issue.week: issue for issue in compose_issues(warehouse)}
    assert len(issues) == 30
    assert issues["2026-W10"].quiet
    assert len(issues["2025-W45"].regions_of("no_baseline")) == 19
    assert [(mark.first_day, mark.last_day) for mark in issues["2026-W12"].calendar] == [
        (date(2026, 3, 21), date(2026, 3, 22))
    ]


def test_every_week_has_its_issue(warehouse: Path) -> None:
    assert len(compose_issues(warehouse)) == 30


def test_missing_week_or_file_is_one_sentence(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no week 2027-W01 in .*2025-W45 to 2026-W22"):
        compose_issue(warehouse, "2027-W01")
    with pytest.raises(ReportError, match="no warehouse at"):
        compose_issue(tmp_path / "nowhere.duckdb", WEEK)
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(ReportError, match="cannot be opened"):
        compose_issue(broken, WEEK)
    with duckdb.connect(str(tmp_path / "old.duckdb")) as connection:
        connection.execute("CREATE TABLE out_week (week VARCHAR)")
    with pytest.raises(ReportError, match="another version"):
        compose_issue(tmp_path / "old.duckdb", WEEK)


def test_calendar_marks_join_days_in_a_row_only() -> None:
    def row(day: int, name: str) -> dict[str, object]:
        return {
            "day": date(2026, 3, day),
            "name_kk": None,
            "name_ru": name,
            "name_en": name,
            "kind": "cultural",
            "expected_effect": None,
        }

    marks = calendar_marks([row(3, "b"), row(1, "a"), row(2, "a"), row(5, "a")])
    assert [(mark.names.kk, mark.first_day.day, mark.last_day.day) for mark in marks] == [
        ("a", 1, 2),
        ("b", 3, 3),
        ("a", 5, 5),
    ]


@given(st.text())
def test_one_line_is_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([], [line])
    assert one_line(line) == line
    line.encode("utf-8")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "http://",
        "file:///etc/passwd",
        "http://a.example/\nx",
        " http://a.example",
        "http://[::1",
        "vbscript:x",
        "",
        None,
    ],
)
def test_links_that_are_no_web_address_are_dropped(address: str | None) -> None:
    assert safe_link(address) is None


def test_web_addresses_stay() -> None:
    assert safe_link("https://мысал.қаз/жаңалық?id=1&x=2") == "https://мысал.қаз/жаңалық?id=1&x=2"
