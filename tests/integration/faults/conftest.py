import os
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.integration.faults.servers import OwnRedis
from tests.integration.faults.verdict import Verdict
from tests.integration.faults.world import World, open_world
from tests.services import Services

NUMBERS = count(1)


@pytest.fixture
def verdict(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Verdict]:
    """Printed whether the run passes or not."""
    verdict = Verdict(request.node.name.removeprefix("test_").replace("_", " "))
    yield verdict
    with capsys.disabled():
        print(f"\n{verdict.text()}", flush=True)


@pytest.fixture
def start_redis(services: Services) -> Iterator[Callable[..., OwnRedis]]:
    servers: list[OwnRedis] = []

    def start(*options: str) -> OwnRedis:
        servers.append(OwnRedis(services, f"faults-redis-{os.getpid()}-{next(NUMBERS)}", *options))
        return servers[-1]

    yield start
    for server in servers:
        server.end()


@pytest.fixture
async def world(migrated_postgres_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path, migrated_postgres_url) as world:
        yield world
