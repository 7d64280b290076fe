"""Fixtures of the warehouse tests; the world itself is in `hand_world.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hand_world import MODEL_INFO, HandWorld, telling_world

from crawlers.layout import World
from warehouse.build import build, publish_build


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[[HandWorld], World]:
    def make(hand: HandWorld) -> World:
        return hand.write(World(tmp_path / "data", "hand"))

    return make


@pytest.fixture(scope="session")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published warehouse of `telling_world`; not to be written to."""
    hand = telling_world()
    world = hand.write(World(tmp_path_factory.mktemp("telling"), "hand"))
    build(world, sources=hand.sources, model_info=MODEL_INFO)
    publish_build(world)
    return world.warehouse
