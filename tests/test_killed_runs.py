"""Kill the main job at any moment, run it again: the same warehouse as an uninterrupted run (HARDENING, P1).

`make hardening` does it two hundred times; here a few moments are drawn.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawlers.layout import World
from tests.conftest import Command, command_environment
from warehouse.publish import checksum

pytestmark = [pytest.mark.e2e, pytest.mark.airflow, pytest.mark.slow, pytest.mark.xdist_group("killed")]

KILLS = int(os.environ.get("SHANYRAQ_KILLS", "2"))
# `make hardening` takes ten weeks, enough for a baseline and two judged weeks; the quick form takes four.
WINDOW = ("--from", "2026-03-23" if KILLS > 2 else "2026-05-04", "--to", "2026-05-31")
MOMENTS = [random.Random(20260531 + number).uniform(0.05, 0.95) for number in range(KILLS)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, shanyraq: Command) -> tuple[str, float]:
    """Checksum and seconds of a run that nobody disturbs."""
    data = tmp_path_factory.mktemp("uninterrupted")
    started = time.monotonic()
    shanyraq(data, "run", *WINDOW)
    return checksum(World(data, "sample").warehouse), time.monotonic() - started


def start(data: Path) -> subprocess.Popen[bytes]:
    command = [Path(sys.executable).with_name("shanyraq"), "run", *WINDOW]
    return subprocess.Popen(command, env=command_environment(data), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:.0%}")
def test_a_killed_run_is_taken_up_again(
    tmp_path: Path, shanyraq: Command, uninterrupted: tuple[str, float], moment: float
) -> None:
    expected, seconds = uninterrupted
    process = start(tmp_path)
    time.sleep(moment * seconds)
    process.kill()
    process.wait()
    shanyraq(tmp_path, "run", *WINDOW)
    world = World(tmp_path, "sample")
    assert checksum(world.warehouse) == expected
    left_over = [path for path in world.folder.rglob("*.part") if path.suffix == ".part"]
    assert not [path for path in left_over if path.parent.name in ("issues", "outbox", "sample")]


def test_ctrl_c_is_one_sentence_and_leaves_nobody_behind(tmp_path: Path) -> None:
    process = start(tmp_path)
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"stopped; nothing half-written is visible" in said
    assert said.count(b"\n") == 1
    mine = str(tmp_path).encode()
    assert not [
        path
        for path in Path("/proc").glob("[0-9]*/environ")
        if path.exists() and mine in _read(path) and path.parent.name != str(os.getpid())
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path, shanyraq: Command) -> None:
    process = start(tmp_path)
    try:
        time.sleep(4)
        done = shanyraq(tmp_path, "run", *WINDOW, check=False)
        assert done.returncode == 1
        assert "another run is at work" in done.stderr
    finally:
        process.kill()
        process.communicate()
