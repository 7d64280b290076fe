"""What several test folders share: the sample world, run once through a real Airflow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crawlers.layout import World

Command = Callable[..., subprocess.CompletedProcess[str]]


def command_environment(data: Path) -> dict[str, str]:
    return {**os.environ, "SHANYRAQ_DATA": str(data), "COLUMNS": "200"}


@pytest.fixture(scope="session")
def shanyraq() -> Command:
    """Run the command as a user would; a failure shows what it said."""

    def run(
        data: Path, *arguments: str, stdin: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [Path(sys.executable).with_name("shanyraq"), *arguments],
            env=command_environment(data), input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def world(data: Path, shanyraq: Command) -> World:
    """The sample world after `shanyraq run`."""
    told = shanyraq(data, "run").stdout
    world = World(data, "sample")
    for path in (world.warehouse, world.site / "index.html", *world.outbox.glob("*.eml")):
        assert str(path) in told, "the run says where things lie"
    return world
