"""The tables these tests are written on are those of a real build, column by column."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import duckdb
import pytest

from crawlers.layout import World
from reports.issue import LANGUAGES
from reports.mail import write_issue
from reports.site import build_site
from reports.weekly import compose_issues
from warehouse.build import build, publish_build

TABLES = Path(__file__).with_name("published_tables.sql")
HAND_WORLD = Path(__file__).parents[1] / "warehouse"
STATEMENT = """
SELECT 'CREATE TABLE ' || table_name || ' ('
    || string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index) || ');'
FROM duckdb_columns() WHERE table_name = ? GROUP BY table_name
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The hand-written world with its clash, through the real build."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(HAND_WORLD))
        hand_world = importlib.import_module("hand_world")
    hand = hand_world.clash_world()
    world: World = hand.write(World(tmp_path_factory.mktemp("built"), "hand"))
    build(world, sources=hand.sources, model_info=hand_world.MODEL_INFO)
    publish_build(world)
    return world


def test_tables_of_the_tests_are_those_of_a_real_build(built: World) -> None:
    """After a change you want: copy the statement of the real build over the line of published_tables.sql."""
    written = TABLES.read_text(encoding="utf-8").splitlines()
    with duckdb.connect(str(built.warehouse), read_only=True) as connection:
        real = [
            connection.execute(STATEMENT, [table]).fetchone()
            for table in re.findall(r"^CREATE TABLE (\w+)", "\n".join(written), re.MULTILINE)
        ]
    assert [(line,) for line in written] == real


def test_real_build_is_told_whole(built: World) -> None:
    """Every query of `reports/sql` runs on a real build, and its clash stands in mail and site."""
    issues = compose_issues(built.warehouse)
    assert [(signal.indicator, signal.region_code) for signal in issues[-1].tension] == [("incidents", "KZ-31")]
    paths = write_issue(built, issues[-1].week, LANGUAGES)
    assert len(paths) == 10
    assert build_site(built.warehouse, built.site, issues=issues).charts > 0
