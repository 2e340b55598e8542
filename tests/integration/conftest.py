"""Brokers of a test's own, databases that are migrated once, passwords that cost little: each took longer than most
tests.
"""

import gc
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex

import pika
import pytest
from dependency_injector import providers

from socialfeed.adapters.security import Argon2PasswordHasher
from socialfeed.adapters.sql import migrations
from socialfeed.adapters.sql.tables import metadata
from socialfeed.application.ports.jobs import Queue
from socialfeed.container.wiring import Container
from socialfeed.entrypoints.graphql.schema import build_schema
from tests.services import postgres
from tests.services.postgres import Databases


@pytest.fixture(scope="session", autouse=True)
def what_stays_is_no_garbage() -> None:
    """As `socialfeed serve` does: going through all modules and the schema again and again took a tenth of the run."""
    build_schema()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """Argon2id with the least it takes. Processes that a test starts hash as the product does."""
    with Container.hasher.override(providers.Singleton(Argon2PasswordHasher, memory_kib=8, passes=1)):
        yield


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def migrated_sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'migrated.sqlite3')}"


@pytest.fixture(scope="session")
def template(databases: Databases) -> str:
    """Migrated, and for copies only: nobody writes to it."""
    url = databases.create()
    migrations.upgrade(url)
    return url


@pytest.fixture(scope="session")
def emptied(databases: Databases, template: str) -> Iterator[Callable[[], str]]:
    """Empties a migrated database, always the same one, and gives its URL: that takes less than a new one."""
    tables = (table.name for table in reversed(metadata.sorted_tables))
    emptying = postgres.Emptying(databases.create(template), tables)
    yield emptying
    emptying.close()


@pytest.fixture
def migrated_postgres_url(emptied: Callable[[], str]) -> str:
    """Emptied, not made."""
    return emptied()


@pytest.fixture
def amqp_url(rabbitmq_url: str) -> Iterator[str]:
    """A RabbitMQ in which this test has queues of its own; they are deleted after it."""
    prefix = f"socialfeed_test_{token_hex(4)}."
    yield f"{rabbitmq_url}{'&' if '?' in rabbitmq_url else '?'}prefix={prefix}"
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        channel = connection.channel()
        for queue in Queue.ALL:
            for kind in ("", ".DQ", ".XQ"):
                channel.queue_delete(f"{prefix}{queue}{kind}")
