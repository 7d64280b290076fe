"""What the SQL says, table by table, on rows written for the question; and the registries: indicators and checks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hand_world import MODEL_INFO, HandWorld, Item, clash_world, quiet_world, source

from crawlers.layout import World
from warehouse.build import build, publish_build, run_checks
from warehouse.errors import CheckFailed
from warehouse.steps import FOLDER

Make = Callable[[HandWorld], World]


def built(world: World, hand: HandWorld) -> Callable[[str], list[tuple[Any, ...]]]:
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    publish_build(world)

    def ask(query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(world.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()

    return ask


def test_region_of_a_story(make_world: Make) -> None:
    hand = HandWorld([source("home", home="KZ-31"), source("national")], weeks=1)
    event, dateline, abroad, mention = "event", "dateline", "abroad", "mention"
    hand.items = [
        Item("e", "home", 0, places=(("KZ-61", dateline), ("KZ-47", event), ("KZ-19", mention))),
        Item("d", "home", 0, places=(("KZ-61", dateline), (None, abroad))),
        Item("h", "home", 0, places=(("KZ-19", mention), (None, abroad))),
        Item("n", "national", 0, places=(("KZ-19", mention),)),
        Item("first", "national", 0, places=(("KZ-55", event), ("KZ-47", event))),
        # copies: two of three say KZ-47
        Item("c1", "national", 0, 0, story="c1", places=(("KZ-55", event),)),
        Item("c2", "home", 0, 1, story="c1", places=(("KZ-47", event),)),
        Item("c3", "national", 0, 2, story="c1", places=(("KZ-47", event),)),
        # comments: their own place, else the page's, else home
        Item("t1", "national", 0, genre="comment", parent="e"),
        Item("t2", "national", 0, genre="comment", parent="e", places=(("KZ-79", event),)),
        Item("t3", "national", 0, genre="comment", parent="n"),
        Item("t4", "home", 0, genre="comment", parent="n"),
        Item("t5", "national", 0, genre="comment", parent="c2"),
    ]
    ask = built(make_world(hand), hand)
    assert ask("SELECT story_id, series, region_code, region_basis, articles FROM core_story ORDER BY 1") == [
        ("c1", "news", "KZ-47", "event", 3),
        ("d", "news", "KZ-61", "dateline", 1),
        ("e", "news", "KZ-47", "event", 1),
        ("first", "news", "KZ-55", "event", 1),
        ("h", "news", "KZ-31", "home", 1),
        ("n", "news", None, "none", 1),
        ("t1", "social", "KZ-47", "thread", 1),
        ("t2", "social", "KZ-79", "event", 1),
        ("t3", "social", None, "none", 1),
        ("t4", "social", "KZ-31", "home", 1),
        ("t5", "social", "KZ-47", "thread", 1),
    ]
    assert ask("SELECT series, stories FROM out_unplaced_week ORDER BY 1") == [("news", 1), ("social", 1)]


def test_twenty_copies_are_one_story_and_need_half_their_voices(make_world: Make) -> None:
    hand = HandWorld([source(f"s{n:02d}", home="KZ-35") for n in range(20)], weeks=1)
    said = {"rel": "domestic", "acts": ("grievance",)}
    hand.items = [Item(f"a{n:02d}", f"s{n:02d}", 0, n % 3, story="a00", **said) for n in range(20)]  # type: ignore[arg-type]
    # ten of these twenty say so, nine of those
    hand.items += [Item(f"b{n:02d}", f"s{n:02d}", 0, story="b00", **(said if n < 10 else {})) for n in range(20)]  # type: ignore[arg-type]
    hand.items += [Item(f"c{n:02d}", f"s{n:02d}", 0, story="c00", **(said if n < 9 else {})) for n in range(20)]  # type: ignore[arg-type]
    ask = built(make_world(hand), hand)
    assert ask("SELECT story_id FROM core_story_indicator WHERE indicator = 'grievance' ORDER BY 1") == [
        ("a00",),
        ("b00",),
    ]
    cell = "SELECT articles, stories, outlets, owner_groups, exposure FROM out_indicator_week WHERE indicator = 'grievance' AND stories > 0"
    assert ask(cell) == [(40, 2, 20, 20, 3)]


def test_a_silent_region_is_held_and_its_signal_not_raised(make_world: Make) -> None:
    """KZ-55's only paper (nine a week) stops; a national outlet then tells of a clash there five times."""
    hand = HandWorld([source("pavlodar", home="KZ-55"), source("one"), source("two"), source("three")])
    for week in range(12):
        hand.items += [Item(f"p-{week}-{n}", "pavlodar", week, n % 7) for n in range(9) if week < 10]
        hand.items += [Item(f"{s}-{week}", s, week, places=(("KZ-55", "dateline"),)) for s in ("one", "two", "three")]
    clash = {"rel": "domestic", "acts": ("clash",), "frame": "framed", "places": (("KZ-55", "event"),)}
    hand.items += [Item(f"x-{s}-{n}", s, 11, 3, **clash) for s in ("one", "two", "three") for n in range(2)]  # type: ignore[arg-type]
    ask = built(make_world(hand), hand)
    assert ask(
        "SELECT week, status, unhealthy_sources, unhealthy_names FROM out_region_week WHERE status = 'held' ORDER BY 1"
    ) == [
        ("2026-W20", "held", 1, "Outlet pavlodar"),
        ("2026-W21", "held", 1, "Outlet pavlodar"),
    ]
    cells = "SELECT DISTINCT level, status, coverage_flag, publishable FROM out_indicator_week WHERE region_code = 'KZ-55' AND series = 'news' AND week = '2026-W21'"
    assert ask(cells) == [("", "held", True, False)]
    assert ask("SELECT alert_id, level, status FROM out_alert WHERE indicator = 'incidents'") == [
        ("incidents-news-KZ-55-2026-W21", "alert", "held")
    ]
    assert ask("SELECT regions_held, healthy_sources FROM out_week WHERE week = '2026-W21'") == [(1, 3)]


def test_a_source_that_starts_late_counts_when_it_has_a_baseline(make_world: Make) -> None:
    hand = HandWorld([source("old", home="KZ-31"), source("late", home="KZ-31")], weeks=18)
    hand.items = [Item(f"old-{week}", "old", week) for week in range(18)]
    hand.items += [Item(f"late-{week}", "late", week) for week in range(8, 18)]
    ask = built(make_world(hand), hand)
    exposure = "SELECT DISTINCT week, exposure, panel_sources FROM out_indicator_week WHERE region_code = 'KZ-31' AND series = 'news' ORDER BY 1"
    assert [row[1:] for row in ask(exposure)] == [(1, 1)] * 16 + [(2, 2)] * 2


def test_hostile_stories_name_their_target_only_if_enough_say_so(make_world: Make) -> None:
    hand = quiet_world()
    hostile = {"genre": "post", "rel": "domestic", "voice": "opinion", "places": (("KZ-31", "event"),)}
    owners = ("taraz", "zhambyl", "ortalyq")
    for week in range(12):
        hand.items += [Item(f"q-{s}-{week}", s, week, genre="post", places=(("KZ-31", "event"),)) for s in owners]
    hand.items += [Item(f"m{n}", owners[n % 3], 11, groups=(("migrants", -1, 1 + n % 3),), **hostile) for n in range(6)]  # type: ignore[arg-type]
    hand.items += [Item(f"z{n}", owners[n % 3], 11, groups=(("uzbek", 0, 2),), **hostile) for n in range(3)]  # type: ignore[arg-type]
    ask = built(make_world(hand), hand)
    alert = "SELECT level, stories, top_group, top_group_stories, target_owner_groups FROM out_alert WHERE indicator = 'hostility'"
    assert ask(alert) == [("alert", 9, "migrants", 6, 3)]
    # nobody headlines a post: the social alert has no news of the same kind to show
    assert ask("SELECT count(*) FROM out_alert_evidence") == [(0,)]
    groups = "SELECT group_id, hostile_stories, stories, suppressed FROM out_group_week ORDER BY 1"
    # uzbek is too small, and migrants would be found by subtraction
    assert ask(groups) == [("migrants", None, None, True), ("uzbek", None, None, True)]


# ← ADD AN INDICATOR: its file, its row in reference/indicator.csv, and here one reading that counts and one that does not.
INDICATORS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "hostility": (
        {"rel": "domestic", "groups": (("migrants", -1, 1),)},
        {"rel": "domestic", "groups": (("migrants", 0, 3),), "voice": "counter"},
    ),
    "incidents": (
        {"rel": "domestic", "acts": ("threat",), "frame": "denied"},
        {"rel": "domestic", "acts": ("clash",), "frame": "framed", "time": "past"},
    ),
    "grievance": ({"rel": "domestic", "acts": ("grievance",)}, {"rel": "abroad", "acts": ("grievance",)}),
    "rumour": (
        {"rel": "domestic", "acts": ("rumour",), "time": "unreal"},
        {"rel": "abroad", "acts": ("rumour",), "time": "unreal"},
    ),
    "cohesion": ({"rel": "domestic", "voice": "counter"}, {"rel": "domestic", "acts": ("restriction",)}),
    "attention": ({"rel": "domestic"}, {"rel": "mention"}),
}


@pytest.fixture(scope="module")
def indicators(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    hand = HandWorld([source("home", home="KZ-31")], weeks=1)
    for name, (counts, does_not) in INDICATORS.items():
        hand.items += [Item(f"{name}-yes", "home", 0, **counts), Item(f"{name}-no", "home", 0, **does_not)]
    world = hand.write(World(tmp_path_factory.mktemp("indicators"), "hand"))
    return [(str(a), str(b)) for a, b in built(world, hand)("SELECT indicator, story_id FROM core_story_indicator")]


@pytest.mark.parametrize("name", sorted(path.stem for path in (FOLDER / "indicators").glob("*.sql")))
def test_every_indicator_counts_its_example_and_not_the_other(name: str, indicators: list[tuple[str, str]]) -> None:
    assert name in INDICATORS, f"indicators/{name}.sql has no example in INDICATORS"
    assert (name, f"{name}-yes") in indicators
    assert (name, f"{name}-no") not in indicators


# What each check is there to see: one statement that spoils a good build. A check without one does not pass review.
SPOILS: dict[str, str] = {
    "corrections_stand": "UPDATE out_indicator_week SET audit = 'corrected' WHERE region_code = 'KZ-31'",
    "audit_and_triage_codes": "INSERT INTO core_audit BY NAME SELECT 'clash-0' AS article_id, 'luck' AS indicator",
    "files_once": "INSERT INTO raw_file SELECT * FROM raw_file LIMIT 1",
    "grain_unique": "INSERT INTO core_article SELECT * FROM core_article LIMIT 1",
    "outcomes_add_up": "DELETE FROM raw_outcome WHERE stage = 'extract' AND item = 'clash-0'",
    "codes_known": "UPDATE core_article SET voice = 'shout' WHERE article_id = 'clash-0'",
    "orphans": "UPDATE core_article_place SET region_code = 'KZ-99' WHERE article_id = 'clash-0'",
    "every_cell_present": "DELETE FROM out_indicator_week WHERE region_code = 'KZ-31'",
    "stories_add_up": "UPDATE out_unplaced_week SET stories = stories + 1",
    "counts_ordered": "UPDATE out_indicator_week SET owner_groups = outlets + 1",
    "intervals_ordered": "UPDATE out_indicator_week SET p = 1.5 WHERE status = 'ok'",
    "levels_respect_floors": "UPDATE out_indicator_week SET level = 'alert' WHERE indicator = 'attention' AND level = 'watch'",
    "small_cells_hidden": "UPDATE out_group_week SET stories = 4, suppressed = false",
    "composition_sums": "UPDATE ref_region_group SET population = population + 1 WHERE region_code = 'KZ-10' AND group_id = 'kazakh'",
    "reference_validity": "UPDATE ref_region_version SET valid_to = '2022-06-08' WHERE region_code = 'KZ-19' AND valid_to IS NOT NULL",
    "reference_codes": "UPDATE ref_institution SET region_code = 'KZ-99' WHERE region_code = 'KZ-11'",
    "reference_grain": "INSERT INTO ref_region_population SELECT * FROM ref_region_population LIMIT 1",
    "no_person_columns": "ALTER TABLE core_article ADD COLUMN author_name VARCHAR",
    "columns_described": "ALTER TABLE core_article ADD COLUMN novelty DOUBLE",
}


@pytest.fixture(scope="module")
def good_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    hand = clash_world()
    world = hand.write(World(tmp_path_factory.mktemp("checks"), "hand"))
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    return world.build


@pytest.mark.parametrize("name", sorted(path.stem for path in (FOLDER / "checks").glob("*.sql")))
def test_every_check_sees_what_it_is_there_for(name: str, good_build: Path, tmp_path: Path) -> None:
    assert name in SPOILS, f"checks/{name}.sql has no spoilt build in SPOILS"
    only = tmp_path / "checks"
    only.mkdir()
    shutil.copy(FOLDER / "checks" / f"{name}.sql", only)
    with duckdb.connect(str(shutil.copy(good_build, tmp_path / "build.duckdb"))) as connection:
        run_checks(connection, only)
        connection.execute(SPOILS[name])
        with pytest.raises(CheckFailed, match=f"^check {name} refuses the build: .*First bad rows: "):
            run_checks(connection, only)


def test_one_select_a_file_with_its_grain_first() -> None:
    for folder, first in (
        ("sql", "-- grain: "),
        ("load", "-- grain: "),
        ("indicators", "-- grain: "),
        ("checks", "-- "),
    ):
        files = sorted((FOLDER / folder).glob("*.sql"))
        assert files
        for path in files:
            text = path.read_text("utf-8")
            assert text.startswith(first), path
            with duckdb.connect() as connection:
                (statement,) = connection.extract_statements(text)
                assert statement.type == duckdb.StatementType.SELECT, path
