"""A migrated, empty database of either kind for each test."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import psycopg
import pytest

from socialfeed.adapters.sql import SqlStorage, migrations, open_postgresql, open_sqlite
from socialfeed.adapters.sql.tables import metadata
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.clock import Clock
from socialfeed.testing.builders import Builder
from tests.services.postgres import Databases

Open = Callable[[str, AdapterContext], AbstractAsyncContextManager[SqlStorage]]


def opener(url: str) -> Open:
    return open_sqlite if url.startswith("sqlite:") else open_postgresql


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(databases: Databases) -> str:
    url = databases.create()
    migrations.upgrade(url)
    return url


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'test.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The same test runs on both."""
    name = "sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def migrated_postgres_url(migrated_database: str) -> str:
    """Emptied, not made: a database for each test takes most of the time of all of them."""
    with psycopg.connect(migrated_database, autocommit=True) as connection:
        # Only the owner of the tables can do this.
        for (month,) in connection.execute("SELECT DISTINCT tableoid::regclass::text FROM activity").fetchall():
            connection.execute(f"ALTER TABLE {month} DISABLE TRIGGER USER")
            connection.execute(f"DELETE FROM {month}")
            connection.execute(f"ALTER TABLE {month} ENABLE TRIGGER USER")
        for table in reversed(metadata.sorted_tables):
            connection.execute(f"DELETE FROM {table.name}")
    return migrated_database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def clock() -> Clock:
    return SystemClock()


@pytest.fixture
def context(clock: Clock, tmp_path: Path) -> AdapterContext:
    return AdapterContext(clock=clock, data_dir=tmp_path)


@pytest.fixture
async def storage(url: str, context: AdapterContext) -> AsyncIterator[SqlStorage]:
    async with opener(url)(url, context) as storage:
        yield storage


@pytest.fixture
def make() -> Builder:
    return Builder()
