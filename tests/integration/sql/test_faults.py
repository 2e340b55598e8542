"""Databases that go away, come back, or are busy with somebody else."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
import pytest

from socialfeed.adapters.sql import SqlStorage, open_postgresql, open_sqlite, postgres, sqlite
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.waiting import eventually
from tests.integration.redis.proxy import Proxy, open_proxy


async def add(storage: SqlStorage, user: User) -> None:
    async with storage.uow() as tx:
        await tx.users.add(user)


async def is_stored(storage: SqlStorage, user: User) -> bool:
    return user.id in await storage.users.accounts_by_ids([user.id])


class TestPostgres:
    @pytest.fixture
    async def proxy(self, migrated_postgres_url: str) -> AsyncIterator[Proxy]:
        async with open_proxy(migrated_postgres_url) as proxy:
            yield proxy

    @pytest.fixture
    async def storage(
        self, migrated_postgres_url: str, proxy: Proxy, context: AdapterContext, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[SqlStorage]:
        monkeypatch.setattr(postgres, "READ_WAIT_SECONDS", 0.5)
        parts = urlsplit(migrated_postgres_url)
        user = parts.netloc.rpartition("@")[0]
        url = parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}").geturl()
        async with open_postgresql(url, context) as storage:
            yield storage

    async def test_idle_sessions_ended_by_the_server_are_replaced_unnoticed(
        self, migrated_postgres_url: str, context: AdapterContext, make: Builder
    ) -> None:
        users = [make.user() for _ in range(40)]
        async with open_postgresql(migrated_postgres_url, context) as storage:
            await asyncio.gather(*(add(storage, user) for user in users[:20]))
            await asyncio.gather(*(is_stored(storage, user) for user in users[:20]))
            end_sessions(migrated_postgres_url)
            await asyncio.gather(*(add(storage, user) for user in users[20:]))
            assert all(await asyncio.gather(*(is_stored(storage, user) for user in users)))

    async def test_a_read_whose_connection_is_cut_is_made_again(
        self, storage: SqlStorage, proxy: Proxy, make: Builder
    ) -> None:
        user = make.user()
        await add(storage, user)
        assert await is_stored(storage, user)
        proxy.cut_next = True
        assert await is_stored(storage, user)

    async def test_a_transaction_whose_session_ends_writes_nothing(
        self, storage: SqlStorage, migrated_postgres_url: str, make: Builder
    ) -> None:
        user = make.user()

        async def interrupted() -> None:
            async with storage.uow() as tx:
                await tx.users.add(user)
                end_sessions(migrated_postgres_url)
                await tx.users.get(user.id)

        with pytest.raises(Unavailable, match=r"^PostgreSQL at 127\.0\.0\.1:\d+ does not answer\.$"):
            await interrupted()
        assert not await is_stored(storage, user)
        await add(storage, user)

    async def test_while_the_server_is_away_everything_is_unavailable_and_then_works_again(
        self, storage: SqlStorage, proxy: Proxy, make: Builder
    ) -> None:
        user = make.user()
        await storage.check()
        await proxy.close()
        for attempt in (storage.check(), is_stored(storage, user), add(storage, user), storage.outbox.backlog()):
            with pytest.raises(Unavailable):
                await attempt
        await proxy.listen()

        async def works() -> bool:
            try:
                await storage.check()
            except Unavailable:
                return False
            return True

        await eventually(works)
        await add(storage, user)
        assert await is_stored(storage, user)


def end_sessions(url: str) -> None:
    """All but our own, and waits until they are gone."""
    with psycopg.connect(url, autocommit=True) as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid, 10000) {others}")


class TestSqlite:
    async def test_a_writer_elsewhere_makes_writing_unavailable_but_not_reading(
        self, sqlite_url: str, context: AdapterContext, make: Builder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite, "WAIT_SECONDS", 0.1)
        user, late = make.user(), make.user()
        async with open_sqlite(sqlite_url, context) as storage:
            await add(storage, user)
            with closing(sqlite3.connect(sqlite.path_of(sqlite_url), isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                assert await is_stored(storage, user)
                with pytest.raises(Unavailable, match=r"^SQLite at \S+ does not answer\.$"):
                    await add(storage, late)
                other.execute("ROLLBACK")
            await add(storage, late)
            assert await is_stored(storage, late)

    async def test_a_file_locked_whole_is_waited_for_off_the_loop(
        self, sqlite_url: str, context: AdapterContext, make: Builder
    ) -> None:
        user = make.user()
        async with open_sqlite(sqlite_url, context) as storage:
            await add(storage, user)
        # Outside of WAL mode a writer keeps readers out, too; another tool may have switched it off.
        with closing(sqlite3.connect(sqlite.path_of(sqlite_url), isolation_level=None)) as other:
            async with open_sqlite(sqlite_url, context) as storage:
                other.execute("PRAGMA locking_mode = EXCLUSIVE")
                other.execute("PRAGMA journal_mode = DELETE")
                other.execute("BEGIN EXCLUSIVE")
                reading = asyncio.create_task(is_stored(storage, user))
                await asyncio.sleep(0.05)
                assert not reading.done()
                other.execute("ROLLBACK")
                other.execute("PRAGMA locking_mode = NORMAL")
                other.execute("SELECT count(*) FROM users").fetchone()
                assert await reading
