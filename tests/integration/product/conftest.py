"""The product on each set of backends: what a user sees must not depend on it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from socialfeed.adapters.sql import migrate
from socialfeed.testing.client import Client, open_client

BACKENDS = ("memory", "sqlite", "postgres+valkey")


@pytest.fixture(params=BACKENDS)
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    async with open_client(data_dir=tmp_path, **await backend(request.param, request, tmp_path)) as client:
        yield client


async def backend(name: str, request: pytest.FixtureRequest, folder: Path) -> dict[str, Any]:
    """Settings for a set of backends, its database migrated."""
    if name == "memory":
        return {}
    if name == "sqlite":
        settings = {"database_url": f"sqlite:///{folder / 'product.sqlite3'}"}
    else:
        settings = {
            "database_url": request.getfixturevalue("postgres_url"),
            "redis_url": request.getfixturevalue("redis_url"),
        }
    await migrate(settings["database_url"])
    return settings
