"""Fixtures of the warehouse tests; the world itself is in `hand_world.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hand_world import HandWorld

from crawlers.layout import World


@pytest.fixture
def make_world(tmp_path: Path) -> Callable[[HandWorld], World]:
    def make(hand: HandWorld) -> World:
        return hand.write(World(tmp_path / "data", "hand"))

    return make
