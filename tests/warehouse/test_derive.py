"""Every alert derived again from the published file alone; a changed figure, story or rule is seen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from warehouse.derive import list_alerts, same, show_alert
from warehouse.errors import WarehouseError

CLASH = "incidents-news-KZ-31-2026-W21"


@pytest.fixture
def changed(telling: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(telling, tmp_path / "warehouse.duckdb"))


def change(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


def unequal(path: Path) -> list[str]:
    _, figures = show_alert(path, CLASH, again=True)
    return [figure.name for figure in figures if not figure.equal]


def test_every_alert_follows_from_the_file(telling: Path) -> None:
    ids = [row[0] for row in list_alerts(telling).rows]
    assert ids == ["attention-news-KZ-31-2026-W21", CLASH]
    for alert_id in ids:
        alert, figures = show_alert(telling, alert_id, again=True)
        assert [figure for figure in figures if not figure.equal] == []
        given = {"alert_id", "indicator", "series", "region_code", "week"}  # the question, not the answer
        assert {figure.name for figure in figures} == set(alert.row) - given | {"evidence"}


def test_a_life_of_several_weeks_and_a_held_one_are_derived(tmp_path: Path, telling: Path) -> None:
    """The same clash told again next week, and in a region whose paper fell silent."""
    from hand_world import MODEL_INFO, Item, telling_world

    from crawlers.layout import World
    from warehouse.build import build, publish_build

    hand = telling_world()
    outlets = ("taraz", "zhambyl", "ortalyq", "pavlodar")
    for region, week in (("KZ-31", 10), ("KZ-39", 11)):
        for n in range(8):
            hand.items.append(
                Item(f"more-{region}-{n}", outlets[n % 4], week, 4, rel="domestic", acts=("clash",), frame="framed",
                     places=((region, "event"),))
            )  # fmt: skip
    world = hand.write(World(tmp_path, "hand"))
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    publish_build(world)
    lives = {row[0]: row[2] for row in list_alerts(world.warehouse).rows if row[0].startswith("incidents")}
    assert lives == {
        "incidents-news-KZ-31-2026-W20": "raised",
        "incidents-news-KZ-31-2026-W21": "continuing",
        "incidents-news-KZ-39-2026-W21": "held",
    }
    for alert_id in lives:
        assert all(figure.equal for figure in show_alert(world.warehouse, alert_id, again=True)[1]), alert_id


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("UPDATE out_alert SET q = q * 1.0001", {"q"}),
        ("UPDATE out_alert SET level = 'watch'", {"level"}),
        ("UPDATE out_alert SET status = 'continuing'", {"status"}),
        ("UPDATE out_alert SET framed_stories = 3", {"framed_stories"}),
        ("UPDATE out_alert SET panel_hash = repeat('0', 16)", {"panel_hash"}),
        ("UPDATE out_build SET value = 'other' WHERE key = 'model_hash'", {"model_hash"}),
        ("DELETE FROM core_story_indicator WHERE story_id = 'clash-1'", {"stories", "evidence"}),
        ("UPDATE core_source SET owner_group = 'one'", {"owner_groups"}),
        ("UPDATE core_story SET lead_owner_group = 'one'", {"weighed_stories"}),
        ("UPDATE out_alert_evidence SET article_id = 'clash-5' WHERE rank = 1", {"evidence"}),
        ("UPDATE out_indicator_week SET weighed_stories = 3 WHERE region_code = 'KZ-31' AND week < '2026-W21'", {"p"}),
    ],
)
def test_what_was_changed_is_named(statement: str, seen: set[str], changed: Path) -> None:
    change(changed, statement)
    assert seen <= set(unequal(changed))


def test_what_cannot_be_derived_is_one_sentence(changed: Path) -> None:
    with pytest.raises(WarehouseError, match=f"there is no alert .*; did you mean {CLASH}"):
        show_alert(changed, CLASH.replace("W21", "W20"), again=False)
    with duckdb.connect(str(changed)) as connection:
        [stored] = connection.execute("SELECT DISTINCT parameters FROM out_alert").fetchone() or [""]
    newer = json.dumps({**json.loads(stored), "moon_phase": 1})
    change(changed, f"UPDATE out_alert SET parameters = '{newer}'")
    with pytest.raises(WarehouseError, match=r"other parameters than this version's \(moon_phase\); derive it with"):
        show_alert(changed, CLASH, again=True)
    change(changed, f"UPDATE out_alert SET parameters = '{stored}'")
    change(changed, "ALTER TABLE out_indicator_week DROP COLUMN weighed_stories")
    with pytest.raises(WarehouseError, match=r"is of another version or damaged \('weighed_stories'"):
        show_alert(changed, CLASH, again=True)


@pytest.mark.parametrize(
    ("stored", "derived", "equal"),
    [
        (0.1 + 0.2, 0.3, True), (1e-12, 2e-12, False), (3, 3.0, True), (True, 1, True), (None, None, True),
        (None, 0, False), ("a", "a", True), (1.0, None, False),
    ],
)  # fmt: skip
def test_equal_means_equal(stored: object, derived: object, equal: bool) -> None:
    assert same(stored, derived) is equal
