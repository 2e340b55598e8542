"""One server and one browser for all tests; each test starts on a fresh page that remembers nothing."""

from collections.abc import Iterator

import pytest

from tests.e2e.browser import Browser, chromium
from tests.e2e.page import Explorer
from tests.e2e.server import serving


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Explorer:
    return Explorer.fresh(browser, address)
