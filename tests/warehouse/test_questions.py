"""The example questions: each runs on a world written by hand, gives the columns it states, and figures that add up."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.errors import WarehouseError
from warehouse.query import run_query
from warehouse.questions import FOLDER, parse_question, question, questions, questions_markdown

Rows = list[tuple[Any, ...]]
NAMES = sorted(path.stem for path in FOLDER.glob("*.sql"))
CLASH = "incidents-news-KZ-31-2026-W21"
ATTENTION = "attention-news-KZ-31-2026-W21"


@pytest.mark.parametrize("name", NAMES)
def test_a_question_runs_and_gives_the_columns_it_states(name: str, telling: Path) -> None:
    asked = question(name)
    answer = run_query(telling, asked.sql)
    assert answer.columns == asked.columns
    assert answer.rows or name == "ended_signals", "a question whose answer is always empty shows nothing"
    assert len(asked.mind) > 60
    assert asked.question.endswith("?")


def only(telling: Path, name: str, where: Callable[[dict[str, Any]], bool] = lambda row: True, **given: str) -> Rows:
    answer = run_query(telling, question(name).sql, given)
    return [row for row in answer.rows if where(dict(zip(answer.columns, row, strict=True)))]


def test_twenty_questions_at_least() -> None:
    assert len(NAMES) >= 20


def test_signals_of_week(telling: Path) -> None:
    rows = only(telling, "signals_of_week")
    assert [(r[0], r[4], r[5], r[6], *r[11:]) for r in rows] == [
        (ATTENTION, "watch", "raised", 6, 4, 2, True),
        (CLASH, "alert", "raised", 6, 4, 2, True),
    ]
    assert all(row[8] <= row[7] <= row[9] < row[6] and row[10] < 0.05 for row in rows)
    assert only(telling, "signals_of_week", week="2026-W19") == []


def test_headlines_of_signals(telling: Path) -> None:
    rows = only(telling, "headlines_of_signals", lambda row: row["alert_id"] == CLASH)
    assert [row[3:6] for row in rows] == [
        (1, "Outlet taraz", "Title of clash-0"),
        (2, "Outlet taraz", "Title of clash-1"),
        (3, "Outlet zhambyl", "Title of clash-2"),
    ]


def test_region_series(telling: Path) -> None:
    rows = only(telling, "region_series", region="KZ-31", indicator="incidents", series="news")
    assert [(row[3], row[4], row[5], row[10]) for row in rows[-4:]] == [
        ("2026-W18", 0, 6, "ok"),  # five routine stories and the rumour
        ("2026-W19", 0, 6, "ok"),  # five and the mediation, which is one story
        ("2026-W20", 0, 5, "ok"),
        ("2026-W21", 6, 11, "ok"),
    ]
    held = only(telling, "region_series", region="KZ-39", indicator="incidents", series="news")
    assert [(row[3], row[5], row[10]) for row in held[-2:]] == [("2026-W20", 0, "held"), ("2026-W21", 0, "held")]


def test_what_could_be_judged(telling: Path) -> None:
    rows = only(telling, "what_could_be_judged", lambda row: row["indicator"] == "incidents")
    assert [row[1:] for row in rows] == [
        ("news", "held", 1), ("news", "insufficient", 17), ("news", "ok", 2),
        ("social", "insufficient", 19), ("social", "no_baseline", 1),
    ]  # fmt: skip


def test_silent_sources(telling: Path) -> None:
    rows = only(telling, "silent_sources")
    assert [(row[0], row[2], row[3], row[4], row[7]) for row in rows] == [
        ("daily", "KZ-39", "2026-W20", 0, "silent"),
        ("daily", "KZ-39", "2026-W21", 0, "silent"),
    ]
    assert len(only(telling, "silent_sources", week="2026-W20")) == 1


def test_held_regions(telling: Path) -> None:
    rows = {row[0]: row[3:] for row in only(telling, "held_regions")}
    assert len(rows) == 19
    assert rows["KZ-39"] == ("held", 0, 0, 1, "Outlet daily")
    assert rows["KZ-55"] == ("insufficient", 2, 0, 0, "")


def test_rates_with_intervals(telling: Path) -> None:
    rows = only(telling, "rates_with_intervals", indicator="incidents")
    [clash] = [row for row in rows if row[0] == "KZ-31" and row[3] == "news"]
    assert clash[4:6] == (6, 11)
    assert clash[6] == pytest.approx(6000 / 11)
    assert clash[7] < clash[6] < clash[8]
    assert clash[12:] == ("uncorrected", "ok", True)


def test_news_beside_social(telling: Path) -> None:
    rows = only(telling, "news_beside_social", week="2026-W21")
    assert [(row[0], row[3], row[5], row[6]) for row in rows] == [
        ("attention", 6, 6, 1000.0),
        ("hostility", 0, 6, 1000.0),
        ("incidents", 6, 0, 0.0),
    ]
    [mediation] = only(telling, "news_beside_social", indicator="cohesion")
    assert mediation == ("cohesion", "KZ-31", "2026-W19", 1, pytest.approx(1000 / 6), 0, None)


def test_cohesion_beside_tension(telling: Path) -> None:
    assert only(telling, "cohesion_beside_tension") == [
        ("KZ-31", "news", "2026-W18", 0, 0, 0, 1, 0, 6),
        ("KZ-31", "news", "2026-W19", 0, 0, 0, 0, 1, 6),
        ("KZ-31", "news", "2026-W21", 0, 6, 0, 0, 0, 11),
        ("KZ-31", "social", "2026-W21", 6, 0, 0, 0, 0, 6),
    ]


def test_groups_spoken_of(telling: Path) -> None:
    assert only(telling, "groups_spoken_of") == [
        ("dungan", "KZ-31", "news", "2026-W21", 0, 6, 4, False),
        ("migrants", "KZ-31", "social", "2026-W21", 6, 6, 3, False),
    ]


def test_stories_and_residents(telling: Path) -> None:
    rows = only(telling, "stories_and_residents")
    assert len(rows) == 20
    [zhambyl] = [row for row in rows if row[0] == "KZ-31"]
    assert zhambyl[4:6] == (11, 6)
    assert zhambyl[6] == pytest.approx(11e5 / zhambyl[2])


def test_composition_of_region(telling: Path) -> None:
    everybody = only(telling, "composition_of_region")
    assert sum(row[2] for row in everybody) == 20_283_399
    rows = only(telling, "composition_of_region", region="KZ-31")
    assert sum(row[3] for row in rows) == pytest.approx(100)
    assert rows[0][1] == "Kazakh"
    assert all(row[6] for row in rows)


def test_series_over_borders(telling: Path) -> None:
    before = "before 2022-06-08"
    sets = [row[0] for row in run_query(telling, "SELECT DISTINCT borders FROM ref_border_region ORDER BY 1").rows]
    assert before in sets
    rows = only(telling, "series_over_borders", borders=before, indicator="incidents")
    assert {row[0] for row in rows} == {before}
    assert [row[4:7] for row in rows if row[1] == "KZ-31" and row[3] == "news"][-1] == ("2026-W21", 6, 11)


def test_feasts_and_attention(telling: Path) -> None:
    rows = only(telling, "feasts_and_attention", lambda row: row["series"] == "news")
    assert [(row[0], row[3], row[4]) for row in rows] == [
        ("2026-W18", 3, 1), ("2026-W19", 3, 1), ("2026-W20", 2, 0), ("2026-W21", 2, 6),
    ]  # fmt: skip
    assert "Unity Day" in rows[0][2]


def test_ended_signals() -> None:
    """Two lives of one signal; a held week belongs to none."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE out_alert AS SELECT 'rumour' AS indicator, 'news' AS series, 'KZ-31' AS region_code, * FROM "
            "(VALUES ('2026-W02', 'raised'), ('2026-W03', 'continuing'), ('2026-W10', 'held'), ('2026-W11', 'raised'), "
            "('2026-W20', 'raised')) AS t (week, status)"
        )
        connection.execute(
            "CREATE TABLE out_ended AS SELECT 'rumour' AS indicator, 'news' AS series, 'KZ-31' AS region_code, * FROM "
            "(VALUES ('2026-W06', '2026-W03'), ('2026-W14', '2026-W11')) AS t (week, last_alert_week)"
        )
        rows = connection.execute(question("ended_signals").sql).fetchall()
    assert rows == [
        ("rumour", "news", "KZ-31", "2026-W02", "2026-W03", "2026-W06", 2),
        ("rumour", "news", "KZ-31", "2026-W11", "2026-W11", "2026-W14", 1),
    ]


def test_largest_stories(telling: Path) -> None:
    rows = only(telling, "largest_stories")
    assert len(rows) == 14  # six of the clash, six posts, the mediation, the rumour
    assert rows[0][:8] == ("fair-0", "news", "2026-W19", "KZ-31", 3, 3, 3, "attention cohesion")
    assert {row[8] for row in rows if row[1] == "social"} == {None}


def test_framed_and_denied(telling: Path) -> None:
    assert only(telling, "framed_and_denied") == [
        ("rumour", "KZ-31", "news", "2026-W18", 1, 0, 1),
        ("incidents", "KZ-31", "news", "2026-W21", 6, 4, 2),
    ]


def test_unplaced_stories(telling: Path) -> None:
    [last] = only(telling, "unplaced_stories", lambda row: row["series"] == "news" and row["week"] == "2026-W21")
    assert last == ("news", "2026-W21", 14, 1, pytest.approx(100 / 14))


def test_outcomes_of_items(telling: Path) -> None:
    # 96 routine, 6 of the clash, 90 of daily, 3 copies of the mediation, the rumour, 6 posts
    assert only(telling, "outcomes_of_items") == [
        ("extract", "ok", 202, 100.0, 5), ("fetch", "fetched", 202, 100.0, 5), ("read", "read", 202, 100.0, 5),
    ]  # fmt: skip


def test_how_far_to_trust(telling: Path) -> None:
    rows = only(telling, "how_far_to_trust")
    assert len(rows) == 12
    assert {row[3:] for row in rows} == {(0, None, None, None, None, None, None)}, "nobody has judged anything"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"week": "2025-W53"}, "'2025-W53' is no ISO week; write it as 2026-W22"),
        ({"region": "KZ-99"}, "no region 'KZ-99' here; there are KZ-10, "),
        ({"indicator": "anger"}, "no indicator 'anger' here; there are attention, cohesion, "),
        ({"series": "both"}, "no series 'both'; there are news and social, never summed"),
        ({"we ek": "1"}, "'we ek' is no name of a variable"),
    ],
)
def test_what_does_not_exist_is_refused_and_not_answered_with_nothing(
    given: dict[str, str], message: str, telling: Path
) -> None:
    with pytest.raises(WarehouseError, match="^" + re.escape(message)):
        run_query(telling, question("region_series").sql, given)


def test_a_value_is_never_a_part_of_the_statement(telling: Path) -> None:
    assert only(telling, "series_over_borders", borders="today' OR 'a' = 'a") == []


def test_unknown_questions_and_heads_that_lack_something() -> None:
    with pytest.raises(WarehouseError, match="did you mean signals_of_week"):
        question("signal_of_week")
    with pytest.raises(WarehouseError, match=r"the head lacks title, question, mind, columns"):
        parse_question("a", "-- grain: row\nSELECT 1")
    with pytest.raises(WarehouseError, match="stands twice or is none of"):
        parse_question("a", "-- grain: row\n-- grain: row\nSELECT 1")
    with pytest.raises(WarehouseError, match="is no part of a head"):
        parse_question("a", "-- what is this\nSELECT 1")


def test_the_page_of_questions_is_current() -> None:
    """When it fails: `python -m warehouse questions > docs/questions.md`."""
    page = Path(__file__).parents[2] / "docs" / "questions.md"
    assert page.read_text("utf-8") == questions_markdown()


def test_the_text_on_the_page_runs_as_it_stands(telling: Path) -> None:
    """Pasted without its head into a plain client, a variable set as the page says."""
    with duckdb.connect(str(telling), read_only=True) as connection:
        connection.execute("SET VARIABLE week = '2026-W21'")
        for each in questions().values():
            cursor = connection.execute(each.body)
            assert tuple(column[0] for column in cursor.description or []) == each.columns
