"""Stage files in, published tables out: numbers one can add up, and what happens when things go wrong."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hand_world import FIRST_MONDAY, MODEL_INFO, HandWorld, Item, clash_world, quiet_world, source, write_lines

from crawlers.layout import Window, World
from warehouse.build import build, publish_build
from warehouse.errors import CheckFailed, WarehouseError, WarehouseLocked
from warehouse.publish import checksum
from warehouse.signals import Rule, detect

Make = Callable[[HandWorld], World]
ROOT = Path(__file__).parents[2]


def run(world: World, hand: HandWorld, **more: Any) -> Any:
    report = build(world, sources=hand.sources, model_info=MODEL_INFO, **more)
    publish_build(world)
    return report


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def clash(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, HandWorld]:
    hand = clash_world()
    world = hand.write(World(tmp_path_factory.mktemp("clash"), "hand"))
    report = run(world, hand)
    assert (report.articles, report.stories, report.weeks) == (102, 102, 12)
    assert (report.alerts, report.watches, report.held, report.articles_of_unlisted_sources) == (1, 1, 0, 0)
    return world, hand


@pytest.fixture
def copied(clash: tuple[World, HandWorld], tmp_path: Path) -> tuple[World, HandWorld]:
    """The built world once more, to be changed."""
    world = World(tmp_path / "copied", "hand")
    shutil.copytree(clash[0].folder, world.folder)
    return world, clash_world()


def test_the_last_week_adds_up(clash: tuple[World, HandWorld]) -> None:
    """KZ-31: two a week of taraz, two of zhambyl, one of ortalyq, six clash stories; KZ-55 two; one unplaced."""
    path = clash[0].warehouse
    assert rows(
        path, "SELECT week, stories_news, stories_social, articles, complete FROM out_week WHERE week = '2026-W21'"
    ) == [("2026-W21", 14, 0, 14, True)]
    placed = "SELECT region_code, stories_placed_news, sources, status FROM out_region_week WHERE week = '2026-W21' AND stories_placed_news > 0"
    assert sorted(rows(path, placed)) == [("KZ-31", 11, 4, "ok"), ("KZ-55", 2, 1, "insufficient")]
    assert rows(path, "SELECT stories FROM out_unplaced_week WHERE series = 'news' AND week = '2026-W21'") == [(1,)]
    cell = """
        SELECT articles, stories, outlets, owner_groups, exposure, round(rate_per_1000, 3), level, status, panel_sources,
            publishable, expected < 0.5, q < 0.001
        FROM out_indicator_week
        WHERE indicator = 'incidents' AND series = 'news' AND region_code = 'KZ-31' AND week = '2026-W21'
    """
    assert rows(path, cell) == [(6, 6, 4, 4, 11, 545.455, "alert", "ok", 4, True, True, True)]


def test_the_alert_says_framed_and_denied_and_shows_three_headlines(clash: tuple[World, HandWorld]) -> None:
    path = clash[0].warehouse
    alerts = "SELECT alert_id, level, status, stories, framed_stories, denied_stories, disputed, top_group FROM out_alert ORDER BY 1"
    assert rows(path, alerts) == [
        ("attention-news-KZ-31-2026-W21", "watch", "raised", 6, 4, 2, True, None),
        ("incidents-news-KZ-31-2026-W21", "alert", "raised", 6, 4, 2, True, None),
    ]
    evidence = "SELECT rank, outlet, title FROM out_alert_evidence WHERE alert_id LIKE 'incidents%' ORDER BY rank"
    assert rows(path, evidence) == [
        (1, "Outlet taraz", "Title of clash-0"),
        (2, "Outlet taraz", "Title of clash-1"),
        (3, "Outlet zhambyl", "Title of clash-2"),
    ]
    derived = "SELECT DISTINCT rule, model_hash, lexicon_hash, length(panel_hash), length(snapshot_hash) FROM out_alert"
    assert rows(path, derived) == [("gamma-poisson-eb-windows", "0" * 16, "1" * 16, 16, 16)]


def test_the_figures_of_every_alert_follow_from_published_columns(clash: tuple[World, HandWorld]) -> None:
    """Six stories of owners with 2, 2, 1, 1: none weighs more than a quarter if each counts once, so four are tested."""
    with duckdb.connect(str(clash[0].warehouse), read_only=True) as connection:
        alerts = connection.execute("SELECT * FROM out_alert ORDER BY alert_id").df()
        cells = connection.execute("SELECT * FROM out_indicator_week ORDER BY ALL").df()
    assert list(alerts["stories"]) == [6, 6]
    assert list(alerts["weighed_stories"]) == [4, 4]
    for alert in alerts.to_dict("records"):
        of = cells[(cells["indicator"] == alert["indicator"]) & (cells["series"] == alert["series"])]
        table = {"series": "series", "region": "region_code", "week": "week", "count": "weighed_stories"}
        table |= {"exposure": "exposure", "stories": "stories", "owners": "owner_groups"}
        judged = detect(
            pd.DataFrame({name: of[column] for name, column in table.items()}), Rule(**json.loads(alert["parameters"]))
        )
        (again,) = judged[(judged["region"] == alert["region_code"]) & (judged["week"] == alert["week"])].to_dict(
            "records"
        )
        figures = {"expected": "expected", "lo": "expected_lo", "hi": "expected_hi", "p": "p", "q": "q"}
        for name, column in figures.items():
            assert again[name] == pytest.approx(alert[column], rel=1e-9), (alert["alert_id"], column)


def test_every_cell_is_there_and_quiet_is_not_blind(clash: tuple[World, HandWorld]) -> None:
    statuses = "SELECT status, count(*) FROM out_indicator_week WHERE series = 'news' GROUP BY ALL ORDER BY 1"
    # 6 indicators x 20 regions x 12 weeks; two regions are seen: 8 weeks without baseline, 4 judged; 18 never seen
    assert rows(clash[0].warehouse, statuses) == [("insufficient", 1296), ("no_baseline", 96), ("ok", 48)]


def test_the_tally_is_that_of_the_stages(clash: tuple[World, HandWorld]) -> None:
    tally = "SELECT stage, word, sum(items) FROM out_tally GROUP BY ALL ORDER BY ALL"
    assert rows(clash[0].warehouse, tally) == [("extract", "ok", 102), ("fetch", "fetched", 102), ("read", "read", 102)]


def test_texts_stay_behind_and_columns_explain_themselves(clash: tuple[World, HandWorld]) -> None:
    path = clash[0].warehouse
    tables = "SELECT count(*) FROM duckdb_tables() WHERE regexp_matches(table_name, '^(raw|step)_')"
    assert rows(path, tables) == [(0,)]
    silent = """
        SELECT table_name, column_name FROM duckdb_columns()
        WHERE schema_name = 'main' AND NOT internal AND comment IS NULL
    """
    assert rows(path, silent) == []
    odd = "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type IN ('HUGEINT', 'DECIMAL(38,0)') AND NOT internal"
    assert rows(path, odd) == []


def test_a_second_build_of_the_same_files_does_nothing(clash: tuple[World, HandWorld]) -> None:
    world, hand = clash
    before = world.warehouse.stat().st_mtime_ns
    report = run(world, hand)
    assert (report.changed, report.files_loaded, world.warehouse.stat().st_mtime_ns) == (False, 0, before)


def test_a_damaged_warehouse_is_published_again(copied: tuple[World, HandWorld]) -> None:
    world, hand = copied
    sums = checksum(world.warehouse)
    damaged = bytearray(world.warehouse.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    world.warehouse.write_bytes(damaged)
    run(world, hand)
    assert checksum(world.warehouse) == sums
    world.build.write_bytes(b"no database")
    with pytest.raises(WarehouseError, match="delete the file: the next build makes it again"):
        run(world, hand)
    world.build.unlink()
    run(world, hand)
    assert checksum(world.warehouse) == sums


def test_any_order_of_windows_and_overlaps_gives_the_same_rows(clash: tuple[World, HandWorld], tmp_path: Path) -> None:
    """Weeks one by one in a shuffled order, each with the week before it again, a build in between."""
    world, hand = clash
    other = World(tmp_path, "hand")
    weeks = list(range(hand.weeks))
    random.Random(7).shuffle(weeks)
    for n, week in enumerate(weeks):
        first = FIRST_MONDAY + timedelta(days=7 * max(0, week - 1))
        hand.write(other, Window(first, FIRST_MONDAY + timedelta(days=7 * week + 6)))
        if n in (3, 8):
            run(other, hand)
    run(other, hand)
    assert checksum(other.warehouse) == checksum(world.warehouse)


def test_a_late_text_changes_only_weeks_from_its_own_on(copied: tuple[World, HandWorld]) -> None:
    world, hand = copied
    week = "SELECT * FROM out_indicator_week WHERE week < '2026-W19' ORDER BY ALL"
    before = rows(world.warehouse, week)
    late = Item("late", "taraz", 9, 1, rel="domestic", acts=("clash",), frame="framed", places=(("KZ-31", "event"),))
    hand.items.append(late)
    hand.write(world)
    run(world, hand)
    assert rows(world.warehouse, week) == before
    counted = "SELECT week, stories FROM out_indicator_week WHERE indicator = 'incidents' AND stories > 0 ORDER BY 1"
    assert rows(world.warehouse, counted) == [("2026-W19", 1), ("2026-W21", 6)]


def test_an_edited_article_and_a_deleted_source(copied: tuple[World, HandWorld]) -> None:
    world, hand = copied
    edited = next(item for item in hand.items if item.id == "taraz-05-0")
    edited.rel, edited.acts = "domestic", ("cooperation",)
    # the second window holds the edited text; the first still holds the old one
    hand.write(world, Window(edited.published, edited.published + timedelta(days=60)))
    for kind in ("articles", "readings", "outcomes/fetch", "outcomes/extract", "outcomes/read"):
        shutil.rmtree(world.folder / kind / "pavlodar")
    run(world, hand)
    counted = "SELECT indicator, region_code, week, stories FROM out_indicator_week WHERE stories > 0 AND week < '2026-W21' ORDER BY 1"
    assert rows(world.warehouse, counted) == [
        ("attention", "KZ-31", "2026-W15", 1),
        ("cohesion", "KZ-31", "2026-W15", 1),
    ]
    assert rows(world.warehouse, "SELECT count(*) FROM core_article WHERE source_id = 'pavlodar'") == [(0,)]


def test_a_source_that_is_not_listed_any_more_is_left_out_counted_and_comes_back(
    copied: tuple[World, HandWorld],
) -> None:
    """`pavlodar`: two articles in each of twelve weeks and one of the clash; its stage files stay in the world."""
    world, hand = copied
    sums = checksum(world.warehouse)
    # only this source was asked for these days: they are no week of the data while it is not listed
    window = Window(FIRST_MONDAY + timedelta(days=84), FIRST_MONDAY + timedelta(days=90))
    write_lines(world.articles("pavlodar", window), [])
    everything, hand.sources = hand.sources, [one for one in hand.sources if one.source_id != "pavlodar"]
    report = run(world, hand)
    assert (report.articles, report.articles_of_unlisted_sources, report.weeks) == (77, 25, 12)
    facts = "SELECT value FROM out_build WHERE key = 'articles_of_unlisted_sources'"
    assert rows(world.warehouse, facts) == [("25",)]
    for table in ("core_article", "core_source", "out_source_week", "out_tally"):
        assert rows(world.warehouse, f"SELECT count(*) FROM {table} WHERE source_id = 'pavlodar'") == [(0,)]
    world.articles("pavlodar", window).unlink()
    hand.sources = everything
    run(world, hand)
    assert checksum(world.warehouse) == sums
    hand.sources = []
    with pytest.raises(
        WarehouseError, match=r"no source that is listed has articles under .*; put its source file back"
    ):
        run(world, hand)


def test_an_article_found_again_under_the_new_name_of_its_source_is_not_left_out(
    copied: tuple[World, HandWorld],
) -> None:
    world, hand = copied
    hand.sources = [source("pavlodar2", home="KZ-55") if one.source_id == "pavlodar" else one for one in hand.sources]
    for item in hand.items:
        if item.source == "pavlodar" and item.week > 0:  # the first week is not on the pages any more
            item.source = "pavlodar2"
    hand.write(world)
    report = run(world, hand)
    assert (report.articles, report.articles_of_unlisted_sources) == (100, 2)


def test_other_parameters_are_another_warehouse(copied: tuple[World, HandWorld]) -> None:
    world, hand = copied
    report = run(world, hand, parameters=Rule(alert_stories=7))
    assert report.changed
    assert rows(world.warehouse, "SELECT DISTINCT level FROM out_alert") == [("watch",)]


def spoilt(world: World, hand: HandWorld, kind: str, change: Callable[[dict[str, Any]], Any]) -> None:
    path = {"reading": world.readings, "article": world.articles}[kind]("taraz", hand.window)
    lines = path.read_text("utf-8").splitlines()
    record = json.loads(lines[0])
    change(record)
    path.write_text("\n".join([json.dumps(record), *lines[1:]]) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("reading", lambda r: r.update(rel="domestik"), "codes_known refuses the build.*head=rel, code=domestik"),
        ("reading", lambda r: r.update(id="stranger"), "outcomes_add_up.*read or gated = reading"),
        ("article", lambda r: r.update(source_id="nobody"), "orphans.*article without source, key=nobody"),
        ("article", lambda r: r.update(genre="poem"), "codes_known.*genre, code=poem"),
        ("article", lambda r: r.update(article_id="other"), "orphans|outcomes_add_up"),
    ],
)
def test_bad_rows_refuse_the_build_and_leave_the_old_file(
    copied: tuple[World, HandWorld], kind: str, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    world, hand = copied
    sums = checksum(world.warehouse)
    spoilt(world, hand, kind, change)
    with pytest.raises(CheckFailed, match=message):
        run(world, hand)
    assert checksum(world.warehouse) == sums


def test_a_line_that_is_no_json_is_one_sentence(make_world: Make) -> None:
    hand = quiet_world()
    world = make_world(hand)
    world.readings("taraz", hand.window).write_text("{broken\n", "utf-8")
    with pytest.raises(WarehouseError, match=r"taraz/2026-03-02_2026-05-24\.jsonl.*published warehouse is unchanged"):
        run(world, hand)


def test_an_unknown_column_of_a_newer_stage_is_no_harm(make_world: Make) -> None:
    hand = quiet_world()
    world = make_world(hand)
    spoilt(world, hand, "article", lambda r: r.update(colour="blue"))
    assert run(world, hand).articles == 96


def test_a_build_is_seen_when_it_is_published(copied: tuple[World, HandWorld]) -> None:
    world, hand = copied
    sums = checksum(world.warehouse)
    build(world, sources=hand.sources, model_info=MODEL_INFO, parameters=Rule(alert_stories=7))
    assert checksum(world.warehouse) == sums
    assert publish_build(world)
    assert not publish_build(world)
    assert checksum(world.warehouse) != sums
    with pytest.raises(WarehouseError, match=r"nothing is built under .*; run `shanyraq build` first"):
        publish_build(World(world.root, "other"))


def test_nothing_to_build_from_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no articles under .*; crawl or import something first"):
        build(World(tmp_path, "empty"), sources=[], model_info={})


BUILD = """
import sys
from pathlib import Path
from crawlers.layout import World
sys.path.insert(0, "tests/warehouse")
from hand_world import MODEL_INFO, clash_world
from warehouse.build import build, publish_build
from warehouse.errors import WarehouseError
{before}
print("ready", flush=True)
try:
    world = World(Path(sys.argv[1]), "hand")
    build(world, sources=clash_world().sources, model_info=MODEL_INFO)
    publish_build(world)
except WarehouseError as error:
    print(type(error).__name__, error, flush=True)
    sys.exit(3)
"""


def start(world: World, before: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD.format(before=before), str(world.root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_anywhere_and_run_again(clash: tuple[World, HandWorld], tmp_path: Path) -> None:
    world, hand = clash
    sums = checksum(world.warehouse)
    broken = World(tmp_path, "hand")
    hand.write(broken)
    for delay in (0.02, 0.15, 0.35, 0.6, 0.9):
        process = start(broken)
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if broken.warehouse.exists():  # whatever is visible is whole
            assert checksum(broken.warehouse) == sums
    run(broken, hand)
    assert checksum(broken.warehouse) == sums
    assert not list(broken.folder.glob(".*.part*"))


def test_a_second_writer_is_refused_in_one_sentence(make_world: Make) -> None:
    hand = clash_world()
    world = make_world(hand)
    world.build.parent.mkdir(parents=True)
    with duckdb.connect(str(world.build)) as writer:
        writer.execute("CREATE TABLE busy (n INTEGER)")
        process = start(world)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert out.startswith(f"WarehouseLocked {world.build} is being written by another process; wait until it ends")
    assert issubclass(WarehouseLocked, WarehouseError)


def test_a_full_disk_leaves_the_published_file(clash: tuple[World, HandWorld], tmp_path: Path) -> None:
    world, hand = clash
    full = World(tmp_path, "hand")
    hand.write(full)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))"
    process = start(full, before=limit)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3, out
    assert "check disk space" in out
    assert not full.warehouse.exists()
    assert not list(full.folder.glob(".*.part*"))
    run(full, hand)
    assert checksum(full.warehouse) == checksum(world.warehouse)


def test_readers_keep_the_old_view_while_a_new_one_is_published(copied: tuple[World, HandWorld]) -> None:
    world, hand = copied
    with duckdb.connect(str(world.warehouse), read_only=True) as reader:
        before = reader.execute("SELECT count(*) FROM core_article").fetchall()
        hand.items.append(Item("more", "taraz", 3))
        hand.write(world)
        run(world, hand)
        assert reader.execute("SELECT count(*) FROM core_article").fetchall() == before == [(102,)]
    assert rows(world.warehouse, "SELECT count(*) FROM core_article") == [(103,)]
