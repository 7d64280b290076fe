from __future__ import annotations

from collections.abc import Iterator

import pytest

from shanyraq.sample.server import SampleServer, serve
from shanyraq.sample.world import SampleWorld, build_world


@pytest.fixture(scope="session")
def world() -> SampleWorld:
    return build_world()


@pytest.fixture(scope="session")
def server(world: SampleWorld) -> Iterator[SampleServer]:
    with serve(port=0, world=world) as running:
        yield running
