"""One world for all tests of a module: each test finds it as it was built."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from socialfeed.testing.client import open_client
from tests.integration.matrix.world import World, build


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def built() -> AsyncIterator[World]:
    # Fields are asked for whole here, whatever they may cost.
    async with open_client(graphql_max_cost=1_000_000) as client:
        yield await build(client)


@pytest.fixture
def world(built: World) -> Iterator[World]:
    yield built
    built.restore()
