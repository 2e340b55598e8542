"""Services and databases for every test. See `tests.services` for where they come from."""

import os
from collections.abc import Iterator
from itertools import count
from secrets import token_hex
from typing import Any

import pytest

from tests.services import Missing, Services, rabbitmq, redis
from tests.services.postgres import Databases

pytest_plugins = ["tests.canaries"]
SERVICES = pytest.StashKey[Services]()
_PREFIXES = (f"socialfeed_test_{os.getpid()}_{token_hex(3)}_{n}:" for n in count(1))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rabbitmq: needs a RabbitMQ server; deselected where none is reachable.")
    shared: dict[str, Any] | None = getattr(config, "workerinput", {}).get("services")
    try:
        config.stash[SERVICES] = Services.join(shared) if shared else Services.prepare()
    except Missing as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells each xdist worker what this process found."""
    node.workerinput["services"] = node.config.stash[SERVICES].share()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if services := config.stash.get(SERVICES, None):
        services.close()


def pytest_report_header(config: pytest.Config) -> list[str]:
    return config.stash[SERVICES].describe()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begins with what takes long. Leaves out what needs RabbitMQ where there is none; a missing Postgres or Valkey is
    an error.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if config.stash[SERVICES].found["rabbitmq"] or not rabbitmq.may_be_absent():
        return
    needing = [
        item
        for item in items
        if item.get_closest_marker("rabbitmq") or "rabbitmq_url" in getattr(item, "fixturenames", ())
    ]
    config.hook.pytest_deselected(items=needing)
    items[:] = [item for item in items if item not in needing]


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Services:
    return request.config.stash[SERVICES]


@pytest.fixture(scope="session")
def postgres_server(services: Services) -> str:
    """The URL of a database from which others may be created and dropped. Not for tables."""
    return services.url("postgres")


@pytest.fixture(scope="session")
def databases(postgres_server: str) -> Iterator[Databases]:
    """Creates databases, empty or from a template, and drops what is left of them when the run ends."""
    databases = Databases(postgres_server)
    yield databases
    databases.close()


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """A new, empty database for this test."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def redis_server(services: Services) -> str:
    """The URL of a Valkey or Redis which others may be using: every key needs a prefix of its own."""
    return services.url("redis")


@pytest.fixture
def redis_prefix(redis_server: str) -> Iterator[str]:
    """What the keys of this test must begin with; they are deleted after it, in every database."""
    prefix = next(_PREFIXES)
    yield prefix
    redis.forget(redis_server, prefix)


@pytest.fixture
def redis_url(redis_server: str, redis_prefix: str) -> str:
    """As an operator would set it, with the prefix of this test, and patient: the machine may be busy."""
    return f"{redis_server}{'&' if '?' in redis_server else '?'}prefix={redis_prefix}&timeout=10"


@pytest.fixture(scope="session")
def rabbitmq_url(services: Services) -> str:
    """The URL of a RabbitMQ which others may be using; without one, tests that ask for it are deselected."""
    return services.url("rabbitmq")
