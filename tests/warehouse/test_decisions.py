"""Pure decisions beside the signal rule: source health, life of an alert, suppression, calendar, owner cap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.alerts import alert_life, ended
from warehouse.calendar_days import days_of
from warehouse.source_health import judge_sources
from warehouse.steps import FOLDER
from warehouse.suppression import suppress


def sources(table: dict[str, list[int]], homes: dict[str, str] | None = None) -> pd.DataFrame:
    rows = [
        {"source_id": name, "home_region": (homes or {}).get(name), "week": f"2026-W{n + 1:02d}", "week_number": n + 1,
         "days": 7, "articles": articles}
        for name, line in table.items() for n, articles in enumerate(line)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def statuses(frame: pd.DataFrame, name: str) -> list[str]:
    return list(frame.loc[frame["source_id"] == name, "status"])


def test_a_source_is_new_then_healthy_then_silent_and_does_not_get_used_to_silence() -> None:
    judged = judge_sources(sources({"a": [18, 16, 20, 18, 14, 18, 20, 16, 18, 0, 0, 0, 18, 3]}))
    assert statuses(judged, "a") == ["new"] * 8 + ["healthy", "silent", "silent", "silent", "healthy", "thin"]


def test_weeks_before_the_first_text_are_no_history() -> None:
    judged = judge_sources(sources({"a": [0] * 6 + [5] * 9}))
    assert statuses(judged, "a") == ["new"] * 14 + ["healthy"]


def test_a_zero_that_may_happen_is_no_failure() -> None:
    judged = judge_sources(sources({"a": [2, 1, 0, 3, 2, 1, 2, 0, 2, 1, 0, 2]}))
    assert statuses(judged, "a")[8:] == ["healthy"] * 4


def test_two_small_papers_of_a_region_silent_together_for_a_fortnight() -> None:
    """Mean 3 a week each: one empty week of one is 5 %, four empty weeks of both together 6 in a million."""
    line = [3, 2, 4, 3, 3, 2, 4, 3, 3, 3, 2, 4]
    together = judge_sources(sources({"a": [*line, 0, 0], "b": [*line, 0, 0]}, {"a": "KZ-55", "b": "KZ-55"}))
    alone = judge_sources(sources({"a": [*line, 0, 3], "b": [*line, 3, 3]}, {"a": "KZ-55", "b": "KZ-55"}))
    assert statuses(together, "a")[-2:] == statuses(together, "b")[-2:] == ["silent", "silent"]
    assert statuses(alone, "a")[-2:] == ["healthy", "healthy"]


def life(levels: list[tuple[str, str]], outside: Sequence[int] = ()) -> pd.DataFrame:
    """Weeks w0, w1, … with these levels and statuses; those numbered in `outside` lie above their interval."""
    start = date(2026, 1, 5)
    return pd.DataFrame(
        [
            {"indicator": "incidents", "series": "news", "region_code": "KZ-31", "week": f"w{n}",
             "first_day": start + timedelta(days=7 * n), "level": level, "status": status,
             "inside": not level and n not in outside}
            for n, (level, status) in enumerate(levels)
        ]
    )  # fmt: skip


def test_life_of_an_alert() -> None:
    ok, held, blind = "ok", "held", "insufficient"
    cells = life(
        [("watch", ok), ("watch", ok), ("alert", ok), ("alert", ok), ("watch", ok), ("", ok), ("alert", held),
         ("alert", ok), ("", ok), ("", blind), ("", ok), ("", ok), ("", ok), ("watch", ok)]
    )  # fmt: skip
    spoken = list(alert_life(cells)[["week", "level", "status"]].itertuples(index=False, name=None))
    assert spoken == [
        ("w0", "watch", "raised"),
        ("w1", "watch", "continuing"),
        ("w2", "alert", "raised"),  # higher
        ("w3", "alert", "continuing"),
        ("w4", "watch", "continuing"),
        ("w6", "alert", "held"),
        ("w7", "alert", "raised"),  # 35 days after w2
        ("w13", "watch", "raised"),
    ]
    assert list(ended(cells)[["week", "last_alert_week"]].itertuples(index=False, name=None)) == [("w11", "w7")]


def test_only_three_weeks_inside_the_interval_end_an_alert() -> None:
    """A week above its interval but under the floors has no level and is not quiet: it starts the count again."""
    cells = [("alert", "ok"), *[("", "ok")] * 5]
    assert list(ended(life(cells))["week"]) == ["w3"]
    assert list(ended(life(cells, outside=[1]))["week"]) == ["w4"]
    assert list(ended(life(cells, outside=[2]))["week"]) == ["w5"]
    assert ended(life(cells, outside=[3])).empty
    assert list(ended(life([*cells[:3], ("", "held"), *cells[3:]], outside=[3]))["week"]) == ["w4"]


def test_no_signal_no_life() -> None:
    cells = life([("", "ok")] * 5)
    assert alert_life(cells).empty
    assert ended(cells).empty


@st.composite
def group_cells(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for group in ("dungan", "kazakh", "uyghur", "uzbek"):
        for region in ("KZ-19", "KZ-31", "KZ-61"):
            if draw(st.booleans()):
                stories = draw(st.integers(1, 12))
                rows.append(
                    (group, region, "news", "2026-W22", draw(st.integers(0, stories)), stories, draw(st.integers(1, 6)))
                )
    names = ["group_id", "region_code", "series", "week", "hostile_stories", "stories", "owner_groups"]
    return pd.DataFrame(rows, columns=names)


@settings(max_examples=100, deadline=None)
@given(group_cells())
def test_no_small_cell_is_shown_and_none_stands_alone_in_its_line(cells: pd.DataFrame) -> None:
    shown = suppress(cells)
    visible = shown[~shown["suppressed"]]
    assert (visible["stories"] >= 5).all()
    assert (visible["owner_groups"] >= 3).all()
    assert not visible["hostile_stories"].between(1, 4).any()
    assert shown.loc[shown["suppressed"], ["hostile_stories", "stories", "owner_groups"]].isna().all().all()
    for line in (["region_code"], ["group_id"]):
        for _, rows in shown.groupby(line):
            assert not (rows["suppressed"].sum() == 1 and len(rows) > 1)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("05-01", ["2025-05-01", "2026-05-01"]),
        ("03-21..03-23", [f"{y}-03-{d}" for y in (2025, 2026) for d in (21, 22, 23)]),
        ("2026-05-27", ["2026-05-27"]),
        ("2024-05-27", []),
        ("lunar new year, day set each year", []),
        ("12-16", ["2025-12-16"]),
    ],
)
def test_days_of_a_rule(rule: str, days: list[str]) -> None:
    assert [str(day) for day in days_of(rule, date(2025, 1, 1), date(2026, 6, 30))] == days


def capped(owners: list[int]) -> int:
    """`step_owner_cap.sql` over one cell with these stories an owner."""
    rows = [f"o{i}" for i, n in enumerate(owners) for _ in range(n)]
    stories = pd.DataFrame({"lead_owner_group": rows})
    stories[["indicator", "series", "region_code", "week"]] = ["hostility", "news", "KZ-31", "2026-W22"]
    with duckdb.connect() as connection:
        connection.register("step_counted", stories)
        (row,) = connection.execute((FOLDER / "sql" / "step_owner_cap.sql").read_text("utf-8")).fetchall()
    return int(row[-1])


@pytest.mark.parametrize(
    ("owners", "weighed"),
    [
        ([9, 1, 1], 11),  # three owners: a quarter each is impossible, nothing is cut
        ([1, 1, 1, 1], 4),
        ([10, 1, 1, 1], 4),
        ([7, 2, 2, 2, 2, 2], 13),  # the large one to 10/3, a quarter of 13.3
        ([2, 2, 1, 1, 1], 6),
        ([3, 3, 3, 3, 3], 15),
    ],
)
def test_no_owner_weighs_more_than_a_quarter(owners: list[int], weighed: int) -> None:
    assert capped(owners) == weighed


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=4, max_size=8))
def test_owner_cap_against_brute_force(owners: list[int]) -> None:
    """The largest c for which c <= a quarter of the sum of min(n, c), found by halving."""
    low, high = 0.0, float(max(owners))
    sizes = np.array(owners, dtype=float)
    if max(owners) > sum(owners) / 4:
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if middle <= np.minimum(sizes, middle).sum() / 4 + 1e-12 else (low, middle)
    assert abs(capped(owners) - np.minimum(sizes, high).sum()) <= 0.5 + 1e-6
