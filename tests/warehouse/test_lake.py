"""The warehouse past one machine: writers at once, killed, and twice; the same rows as the one file's in the end.

The PostgreSQL is our own: made in a private folder, reached through a socket there, gone when the tests end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import duckdb
import fsspec
import pytest
from hand_world import FIRST_MONDAY, MODEL_INFO, HandWorld, clash_world

from crawlers.layout import Window, World
from warehouse.build import build, publish_build
from warehouse.errors import CheckFailed, WarehouseError
from warehouse.lake import Lake, extension_file, init_lake, load_lake, open_lake, tidy_lake, world_at
from warehouse.publish import checksum
from warehouse.raw_tables import bring, loaded_files
from warehouse.stage_files import TABLES, stage_files

ROOT = Path(__file__).parents[2]
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
PATHS = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
SOURCES = ("ortalyq", "pavlodar", "taraz", "zhambyl")

if find_spec("duckdb_extension_ducklake") is None or find_spec("duckdb_extension_postgres_scanner") is None:
    pytest.skip("the extra `cluster` is not installed: nothing of the lake is tested", allow_module_level=True)


@dataclass(frozen=True)
class Postgres:
    """A server of our own."""

    bin: Path
    folder: Path
    port: int
    user: str | None  # whom to become: PostgreSQL does not run as root

    def run(self, tool: str, *arguments: str) -> None:
        subprocess.run(
            [self.bin / tool, *arguments], cwd=self.folder, user=self.user, check=True, stdout=subprocess.DEVNULL,
            timeout=120,
        )  # fmt: skip

    def new_lake(self, name: str) -> Lake:
        self.run("createdb", "-h", str(self.folder), "-p", str(self.port), "-U", "shanyraq", name)
        return Lake(f"postgresql://shanyraq@{quote(str(self.folder), safe='')}:{self.port}/{name}")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("no PostgreSQL under /usr/lib/postgresql: several writers at once are NOT tested here")
    # not pytest's folder: its parents are closed to other users, and a socket's path has 107 bytes at most
    folder = Path(tempfile.mkdtemp(prefix="shanyraq-pg-"))
    server = Postgres(found[-1].parent, folder, 54320, "nobody" if os.geteuid() == 0 else None)
    try:
        if server.user:
            shutil.chown(folder, server.user)
        server.run("initdb", "-D", str(folder / "data"), "-A", "trust", "-U", "shanyraq", "-E", "UTF8", "--no-sync")
        # no address is listened on: the private folder's socket is the only door
        options = f"-p {server.port} -k {folder} -c listen_addresses= -c fsync=off"
        server.run("pg_ctl", "-D", str(folder / "data"), "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            yield server
        finally:
            server.run("pg_ctl", "-D", str(folder / "data"), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checksum of the one-file warehouse of the clash."""
    hand = clash_world()
    world = hand.write(World(tmp_path_factory.mktemp("one"), "hand"))
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    publish_build(world)
    return checksum(world.warehouse)


def published(lake: Lake, world: World) -> str:
    """Build the lake, publish it, and sum up what analysts get."""
    build(world, sources=clash_world().sources, model_info=MODEL_INFO, lake=lake)
    assert publish_build(world, lake=lake)
    return checksum(world.warehouse)


def lines(lake: Lake, world: World, source: str) -> dict[str, int]:
    """How many lines of a source's files each raw table holds."""
    with open_lake(lake, world) as connection:
        count = "SELECT count(*) FROM {} JOIN raw_file USING (path) WHERE source_id = ?"
        return {
            table: int((connection.execute(count.format(table).replace("source_id", "raw_file.source_id"), [source]).fetchone() or (0,))[0])
            for table in TABLES.values()
        }  # fmt: skip


def machine(root: Path, hand: HandWorld, source: str, windows: list[Window]) -> World:
    """A machine of its own: a data folder with one source's stage files."""
    world = World(root, "hand")
    alone = HandWorld(
        [one for one in hand.sources if one.source_id == source], [item for item in hand.items if item.source == source]
    )
    for window in windows:
        alone.write(world, window)
    world.stories.unlink()
    return world


LOAD = """
import sys, time
from pathlib import Path
from crawlers.layout import World
from warehouse import lake
{before}
print("ready", flush=True)
sys.stdin.readline()
for root in sys.argv[2:]:
    lake.load_lake(lake.Lake(sys.argv[1]), World(Path(root), "hand"))
print("done", flush=True)
"""
# The rows are written, the transaction is open.
STALL = """
whole = lake.bring
def stall(*arguments):
    result = whole(*arguments)
    print("written", flush=True)
    time.sleep(120)
    return result
lake.bring = stall
"""


def writer(lake: Lake, *roots: Path, before: str = "") -> subprocess.Popen[str]:
    # A file, not `-c`: there DuckDB takes the session for a person's and draws progress on standard output.
    script = roots[0].parent / f"{roots[0].name}-writer.py"
    script.write_text(LOAD.format(before=before), "utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), lake.catalogue, *map(str, roots)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": PATHS},
    )  # fmt: skip


def says(process: subprocess.Popen[str], word: str) -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == f"{word}\n"


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.slow
def test_four_writers_at_once_lose_nothing_and_double_nothing(
    postgres: Postgres, expected: str, tmp_path: Path
) -> None:
    """Four machines, three loads each: more weeks every time. Then the builder, which holds no stage file but stories."""
    hand, lake = clash_world(), postgres.new_lake("four")
    builder = World(tmp_path / "builder", "hand")
    hand.write_stories(builder)
    init_lake(lake, builder, str(tmp_path / "files"))
    windows = [Window(FIRST_MONDAY + timedelta(28 * n), FIRST_MONDAY + timedelta(28 * n + 27)) for n in range(3)]
    with ExitStack() as stack:
        writers = []
        for source in SOURCES:
            rounds = [tmp_path / source / str(n) for n in range(3)]
            for n, root in enumerate(rounds):
                machine(root, hand, source, windows[: n + 1])
            writers.append(stack.enter_context(writer(lake, *rounds)))
        assert all(says(process, "ready") for process in writers)
        for process in writers:
            go(process)
        assert all(says(process, "done") for process in writers)
    assert load_lake(lake, builder).files_loaded == 1
    for source in SOURCES:
        number = sum(item.source == source for item in hand.items)
        assert lines(lake, builder, source) == {
            "raw_article": number, "raw_reading": number, "raw_outcome": 3 * number, "raw_story": 0, "raw_audit": 0,
            "raw_triage": 0,
        }  # fmt: skip
    assert published(lake, builder) == expected


@pytest.mark.slow
def test_a_killed_writer_leaves_all_or_nothing_and_a_rerun_completes_it(
    postgres: Postgres, expected: str, tmp_path: Path
) -> None:
    hand, lake = clash_world(), postgres.new_lake("killed")
    world = hand.write(World(tmp_path / "all", "hand"))
    init_lake(lake, world, str(tmp_path / "files"))
    nothing = dict.fromkeys(TABLES.values(), 0)
    taraz = machine(tmp_path / "taraz", hand, "taraz", [hand.window])
    with writer(lake, taraz.root, before=STALL) as process:
        assert says(process, "ready")
        go(process)
        assert says(process, "written")
        # an open load holds up nobody else
        assert load_lake(lake, world, ["zhambyl"]).files_loaded == 5
        os.kill(process.pid, signal.SIGKILL)
    assert lines(lake, world, "taraz") == nothing
    pavlodar = machine(tmp_path / "pavlodar", hand, "pavlodar", [hand.window])
    whole = nothing | {"raw_article": 25, "raw_reading": 25, "raw_outcome": 75}
    for delay in (0.3, 0.8):
        with writer(lake, pavlodar.root) as process:
            assert says(process, "ready")
            go(process)
            time.sleep(delay)
            os.kill(process.pid, signal.SIGKILL)
        assert lines(lake, world, "pavlodar") in (nothing, whole)
    load_lake(lake, world)
    assert lines(lake, world, "pavlodar") == whole
    assert published(lake, world) == expected


def test_a_file_that_two_machines_bring_at_once_counts_once(postgres: Postgres, expected: str, tmp_path: Path) -> None:
    lake = postgres.new_lake("twice")
    world = clash_world().write(World(tmp_path, "hand"))
    init_lake(lake, world, str(tmp_path / "files"))
    files = [file for file in stage_files(world) if file.source_id == "taraz"]
    with open_lake(lake, world) as other:
        other.execute("BEGIN")
        bring(other, world, files, [])
        load_lake(lake, world)
        assert loaded_files(other) == files  # what others brought since is not seen
        other.execute("COMMIT")
    with pytest.raises(CheckFailed, match=r"files_once refuses the build.*`shanyraq lake load`.*path=articles/taraz"):
        published(lake, world)
    report = load_lake(lake, world)
    assert (report.files_loaded, report.files_dropped) == (5, 5)
    assert published(lake, world) == expected


@pytest.fixture
def one_machine(tmp_path: Path) -> tuple[Lake, World]:
    """A lake whose catalogue is a file: for one process at a time, and no server."""
    lake, world = Lake(str(tmp_path / "catalogue.ducklake")), clash_world().write(World(tmp_path / "data", "hand"))
    init_lake(lake, world, str(tmp_path / "files"))
    return lake, world


def test_what_is_gone_from_the_stage_files_is_gone_for_good_after_tidying(
    one_machine: tuple[Lake, World], tmp_path: Path
) -> None:
    lake, world = one_machine
    load_lake(lake, world)
    build(world, sources=clash_world().sources, model_info=MODEL_INFO, lake=lake)

    def texts() -> int:
        kept = str(tmp_path / "files" / "hand" / "main" / "raw_article" / "*.parquet")
        found = duckdb.execute("SELECT count(*) FROM read_parquet(?) WHERE text = 'Text of taraz-05-0.'", [kept])
        return int((found.fetchone() or (0,))[0])

    assert texts() == 1
    for kind in ("articles", "readings", "outcomes/fetch", "outcomes/extract", "outcomes/read"):
        shutil.rmtree(world.folder / kind / "taraz")
    assert load_lake(lake, world).files_dropped == 0  # another machine may hold them
    assert load_lake(lake, world, ["taraz"]).files_dropped == 5
    assert lines(lake, world, "taraz")["raw_article"] == 0
    assert texts() == 1  # the state of yesterday
    assert tidy_lake(lake, world, older_than=FAR_AHEAD) > 0
    assert texts() == 0
    report = build(world, sources=clash_world().sources, model_info=MODEL_INFO, lake=lake)
    assert (report.changed, report.articles) == (True, 76)


def test_stage_files_and_tables_under_a_url(expected: str, tmp_path: Path) -> None:
    """fsspec's in-memory store stands for an object store: the same code, another name before `://`."""
    local = clash_world().write(World(tmp_path / "data", "hand"))
    fsspec.filesystem("memory").put(str(local.folder), "/stages/hand", recursive=True)
    lake = Lake(str(tmp_path / "catalogue.ducklake"))
    try:
        init_lake(lake, local, "memory://tables")
        assert load_lake(lake, world_at("memory://stages", "hand")).files_loaded == 21
        assert load_lake(lake, world_at("memory://stages", "hand")).files_loaded == 0
        assert published(lake, World(tmp_path / "builder", "hand")) == expected
        assert fsspec.filesystem("memory").glob("/tables/hand/main/raw_article/*.parquet")
    finally:
        fsspec.filesystem("memory").store.clear()


def test_a_build_of_the_same_loads_does_nothing(one_machine: tuple[Lake, World]) -> None:
    lake, world = one_machine
    load_lake(lake, world)
    sources = clash_world().sources
    assert build(world, sources=sources, model_info=MODEL_INFO, lake=lake).changed
    assert publish_build(world, lake=lake)
    assert not build(world, sources=sources, model_info=MODEL_INFO, lake=lake).changed
    assert not publish_build(world, lake=lake)
    assert not world.build.exists()


def test_what_cannot_be_a_lake_is_one_sentence(
    one_machine: tuple[Lake, World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, world = one_machine
    with pytest.raises(WarehouseError, match=r"mysql://u:…@h/d is no catalogue: give postgresql://.* or the path"):
        Lake("mysql://u:secret@h/d")
    with pytest.raises(WarehouseError, match=r"of the world other cannot be opened .*`shanyraq lake init` makes it"):
        open_lake(lake, World(world.root, "other"))
    with pytest.raises(WarehouseError, match="the world's lake has its files elsewhere"):
        init_lake(lake, world, str(tmp_path / "elsewhere"))
    with pytest.raises(WarehouseError) as refused:
        open_lake(Lake("postgresql://u:secret@127.0.0.1:1/d"), world)
    assert "check that the catalogue's server runs" in str(refused.value)
    assert "secret" not in str(refused.value)
    with pytest.raises(WarehouseError, match=r"no articles under the lake .*; crawl or import something first"):
        build(world, sources=clash_world().sources, model_info=MODEL_INFO, lake=lake)
    world.readings("taraz", clash_world().window).write_text("{broken\n", "utf-8")
    with pytest.raises(WarehouseError, match=r"loading taraz into .* stopped .*; nothing of it is there"):
        load_lake(lake, world, ["taraz"])
    assert set(lines(lake, world, "taraz").values()) == {0}
    monkeypatch.setattr("warehouse.lake.find_spec", lambda name: None)
    with pytest.raises(WarehouseError, match="install the extra `cluster`"):
        extension_file("ducklake")
