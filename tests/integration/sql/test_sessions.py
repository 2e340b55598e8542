"""What is dead is removed by those who write, and nobody waits for it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from socialfeed.adapters.sql import SqlStorage, open_postgresql
from socialfeed.adapters.sql.repositories.sessions import KEPT, REMOVED_AT_ONCE
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import START
from socialfeed.testing.contracts.given import given_sessions, given_user

NEVER = START - timedelta(days=1)


@pytest.fixture
async def on_postgres(migrated_postgres_url: str, context: AdapterContext) -> AsyncIterator[SqlStorage]:
    async with open_postgresql(migrated_postgres_url, context) as storage:
        yield storage


async def test_a_sign_in_removes_expired_sessions_of_the_user(storage: SqlStorage, make: Builder) -> None:
    ada, bob = await given_user(storage, make), await given_user(storage, make)
    first, live, of_bob = make.session(ada), make.session(ada), make.session(bob)
    await given_sessions(storage, first, live, replace(of_bob, expires_at=first.expires_at))
    new = replace(make.session(ada), created_at=first.expires_at)
    await given_sessions(storage, new)
    stored = await storage.sessions.sessions_by_ids([first.id, live.id, of_bob.id, new.id])
    assert set(stored) == {live.id, of_bob.id, new.id}


async def test_a_revocation_removes_those_that_are_old_a_few_at_a_time(storage: SqlStorage, make: Builder) -> None:
    user = make.ids.user()
    old = [make.ids.event() for _ in range(REMOVED_AT_ONCE + 1)]
    async with storage.uow() as tx:
        for event in old:
            await tx.revocations.add(event, user, START)
    for left in (1, 0):
        event = make.ids.event()
        async with storage.uow() as tx:
            await tx.revocations.add(event, user, START + KEPT + timedelta(microseconds=1))
        revoked = await storage.sessions.revoked_since(NEVER)
        assert len(set(old) & set(revoked)) == left
        assert event in revoked


async def test_two_writers_do_not_wait_for_each_other_to_tidy_up(on_postgres: SqlStorage, make: Builder) -> None:
    # On SQLite writers take turns anyway.
    storage, user, later = on_postgres, await given_user(on_postgres, make), START + 2 * KEPT
    session = make.session(user)
    await given_sessions(storage, session)
    async with storage.uow() as tx:
        await tx.revocations.add(make.ids.event(), user.id, START)
    new = replace(make.session(user), created_at=session.expires_at)

    async def sign_in_and_revoke() -> None:
        await given_sessions(storage, new)
        async with storage.uow() as other:
            await other.revocations.add(make.ids.event(), user.id, later)

    async with storage.uow() as tx:
        assert await tx.sessions.get(session.id) == session
        await tx.revocations.add(make.ids.event(), user.id, later)
        await asyncio.wait_for(sign_in_and_revoke(), 5)
    assert set(await storage.sessions.sessions_by_ids([session.id, new.id])) == {session.id, new.id}
