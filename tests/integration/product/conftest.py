"""The product on each set of backends: what a user sees must not depend on it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from socialfeed.settings import GraphQLExecutor
from socialfeed.testing.client import Client, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.crowd import Crowd

BACKENDS = ("memory", "sqlite", "postgres+valkey")


@pytest.fixture(params=BACKENDS)
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    """Here and below, one person is enough to make a post trend."""
    settings = await backend(request.param, request, tmp_path)
    async with open_client(data_dir=tmp_path, trending_actors=1, **settings) as client:
        yield client


@pytest.fixture(params=BACKENDS)
async def timed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Client, FixedClock]]:
    """For those who move the time. Access tokens end after 15 minutes of it."""
    clock, settings = FixedClock(), await backend(request.param, request, tmp_path)
    async with open_client(clock=clock, data_dir=tmp_path, trending_actors=1, **settings) as client:
        yield client, clock


@pytest.fixture
def crowd(client: Client) -> Crowd:
    return Crowd(client)


async def backend(name: str, request: pytest.FixtureRequest, folder: Path) -> dict[str, Any]:
    """Settings for a set of backends, its database migrated and empty. On SQLite, operations are run by graphql-core as
    it is; elsewhere they are compiled.
    """
    if name == "memory":
        return {}
    if name == "sqlite":
        migrated = request.getfixturevalue("migrated_file")
        copy = shutil.copy(migrated, folder / "product.sqlite3")
        return {"database_url": f"sqlite:///{copy}", "graphql_executor": GraphQLExecutor.REFERENCE}
    return {
        "database_url": request.getfixturevalue("migrated_postgres_url"),
        "redis_url": request.getfixturevalue("redis_url"),
    }
