"""A migrated, empty database of either kind for each test."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from socialfeed.adapters.sql import SqlStorage, open_postgresql, open_sqlite, sqlite
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.clock import Clock
from socialfeed.testing.builders import Builder

Open = Callable[[str, AdapterContext], AbstractAsyncContextManager[SqlStorage]]


def opener(url: str) -> Open:
    return open_sqlite if url.startswith("sqlite:") else open_postgresql


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'test.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The same test runs on both."""
    name = "sqlite_url" if request.param == "sqlite" else "migrated_postgres_url"
    return str(request.getfixturevalue(name))


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


ASKED: ContextVar[list[str] | None] = ContextVar("asked", default=None)
"""Gets the statements of whoever sets it, and none of what the process does beside."""


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements the drivers are given, in order: those of reads, and those that go through an engine."""
    texts: list[str] = []
    on_postgres, on_sqlite = psycopg.AsyncConnection.execute, sqlite.fetch

    def note(text: str) -> None:
        texts.append(text)
        if (asked := ASKED.get()) is not None:
            asked.append(text)

    def through_engine(*given: Any) -> None:
        note(given[2])

    def spied_execute(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        note(str(query))
        return on_postgres(self, query, *args, **options)

    def spied_fetch(connection: Any, statement: Any, values: Any) -> Any:
        note(statement.text)
        return on_sqlite(connection, statement, values)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", spied_execute)
    monkeypatch.setattr(sqlite, "fetch", spied_fetch)
    event.listen(Engine, "before_cursor_execute", through_engine)
    yield texts
    event.remove(Engine, "before_cursor_execute", through_engine)
