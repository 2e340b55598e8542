"""REST on each set of backends."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from socialfeed.testing.client import Client, open_client
from tests.integration.product.conftest import BACKENDS, backend


@pytest.fixture(params=BACKENDS)
async def client(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Client]:
    async with open_client(data_dir=tmp_path, **await backend(request.param, request, tmp_path)) as client:
        yield client
