"""Storage on SQLite and PostgreSQL, from one set of statements."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from socialfeed.adapters.sql import postgres, sqlite
from socialfeed.adapters.sql.outbox import PostgresRelay, SqliteRelay
from socialfeed.adapters.sql.schema import migrate
from socialfeed.adapters.sql.search.postgres import PostgresSearch
from socialfeed.adapters.sql.search.sqlite import SqliteSearch
from socialfeed.adapters.sql.storage import SqlStorage
from socialfeed.application.ports.adapters import AdapterContext

__all__ = ["SqlStorage", "migrate", "open_postgresql", "open_sqlite"]


@asynccontextmanager
async def open_sqlite(url: str, context: AdapterContext) -> AsyncIterator[SqlStorage]:
    """`sqlite:///relative.db` or `sqlite:////absolute/path.db`. One machine, any number of processes."""
    async with sqlite.connect(url) as database:
        relay = SqliteRelay(database, context.clock, lock_file=database.path.with_name(f"{database.path.name}-relay"))
        yield SqlStorage(database, context.clock, relay, SqliteSearch(database))


@asynccontextmanager
async def open_postgresql(url: str, context: AdapterContext) -> AsyncIterator[SqlStorage]:
    """`postgresql://user:password@host:port/name`, with any of libpq's parameters in the query."""
    async with postgres.connect(url) as database:
        relay = PostgresRelay(database, context.clock)
        yield SqlStorage(database, context.clock, relay, PostgresSearch(database))
