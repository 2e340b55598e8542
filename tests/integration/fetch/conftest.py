from collections.abc import AsyncIterator

import pytest

from tests.integration.fetch.web import Web, open_web


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with open_web() as web:
        yield web
