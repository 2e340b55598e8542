"""An activity log for commands to read, and hands that change it behind the product's back."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, closing
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from socialfeed.adapters.sql import SqlStorage, open_postgresql, open_sqlite
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.clock import Clock
from socialfeed.domain.activity import Action, Activity, Outcome
from socialfeed.domain.ids import ActivityId, Kind, UserId, compose

ACTIONS = (Action.POST_LIKE, Action.SESSION_BEGIN, Action.USER_BAN, Action.PERMISSION_DENY)


def entries(number: int, begin: datetime, *, actors: Sequence[int] = (0, 7, 8)) -> list[Activity]:
    """One a second, by several actors, of every outcome, with texts that are not all ASCII."""
    return [
        Activity(
            ActivityId(compose(int((begin + timedelta(seconds=n)).timestamp() * 1_000), Kind.ACTIVITY, 1, n % 1_000)),
            UserId(actors[n % len(actors)]),
            ACTIONS[n % len(ACTIONS)],
            list(Outcome)[n // len(ACTIONS) % len(Outcome)],
            None if n % 5 == 0 else n,
            "console" if n % 2 else "",
            {"reason": f"naïve “{n}” 🎈\u2028"} if n % 3 else {},
            n % 4 + 1,
        )
        for n in range(number)
    ]


def fill(url: str, wanted: Sequence[Activity]) -> None:
    async def work() -> None:
        async with opened(url) as storage:
            for start in range(0, len(wanted), 500):
                async with storage.uow() as tx:
                    for entry in wanted[start : start + 500]:
                        await tx.activity.add(entry)

    asyncio.run(work())


def stored(url: str) -> list[Activity]:
    """Newest first."""

    async def work() -> list[Activity]:
        async with opened(url) as storage:
            return await storage.activity.entries(ActivityFilter(), limit=10_000)

    return asyncio.run(work())


def opened(url: str, clock: Clock | None = None) -> AbstractAsyncContextManager[SqlStorage]:
    opener = open_sqlite if url.startswith("sqlite:") else open_postgresql
    return opener(url, AdapterContext(clock or SystemClock(), Path()))


def tamper(url: str, *statements: str) -> None:
    """As somebody who owns the database and switches its guards off."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            for event in ("update", "delete"):
                file.execute(f"DROP TRIGGER IF EXISTS activity_no_{event}")
            for statement in statements:
                assert file.execute(statement).rowcount > 0
            file.commit()
        return
    with psycopg.connect(url) as server:
        server.execute("ALTER TABLE activity DISABLE TRIGGER USER")
        for statement in statements:
            assert server.execute(statement.encode()).rowcount > 0
        server.execute("ALTER TABLE activity ENABLE TRIGGER USER")
