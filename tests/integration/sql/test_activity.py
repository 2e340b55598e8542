"""The activity log refuses every change, whoever asks, and makes one chain of what several processes write."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event, exc

from socialfeed.adapters.sql import SqlStorage, migrations
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.activity import NO_LINK, Activity, link_hash
from socialfeed.domain.errors import IdConflict
from socialfeed.testing.builders import Builder
from tests.integration.sql.conftest import opener

REFUSAL = "the activity log is append-only"
COPY = "INSERT INTO activity SELECT id, 7, 1, action, outcome, NULL, '', '{}', 1, hash FROM activity WHERE true"
CHANGES = {
    "update": "UPDATE activity SET outcome = 'denied'",
    "update of one": "UPDATE activity SET count = count + 1 WHERE object_id = 5",
    "delete": "DELETE FROM activity",
    "delete of one": "DELETE FROM activity WHERE object_id = 5",
    "upsert": f"{COPY} ON CONFLICT (id) DO UPDATE SET count = 2",
}
ON_SQLITE = {
    "update or replace": "UPDATE OR REPLACE activity SET id = id + 1",
    "update or ignore": "UPDATE OR IGNORE activity SET count = 2",
    "replace": COPY.replace("INSERT", "REPLACE"),
    "insert or ignore": COPY.replace("INSERT", "INSERT OR IGNORE"),
}
ON_POSTGRES = {
    "truncate": "TRUNCATE activity",
    "truncate with others": "TRUNCATE activity_chains, activity CASCADE",
    "truncate of a partition": "TRUNCATE activity_default",
    "update of a partition": "UPDATE activity_default SET count = 2",
    "delete from a partition": "DELETE FROM activity_default",
    "move to another partition": "UPDATE activity SET id = 1",
    "merge": "MERGE INTO activity USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
}


def run(url: str, statement: str) -> None:
    """As the owner of the tables, past the product."""
    with migrations.connected(url) as connection:
        connection.exec_driver_sql(statement)
        connection.commit()


async def given_entry(storage: SqlStorage, make: Builder) -> Activity:
    entry = make.activity(object_id=5)
    async with storage.uow() as tx:
        await tx.activity.add(entry)
    return entry


@pytest.mark.parametrize(
    ("url", "change"),
    [
        *((url, change) for url in ("sqlite", "postgresql") for change in CHANGES.values()),
        *(("sqlite", change) for change in ON_SQLITE.values()),
        *(("postgresql", change) for change in ON_POSTGRES.values()),
    ],
    ids=[
        *(f"{url}, {name}" for url in ("sqlite", "postgresql") for name in CHANGES),
        *(f"sqlite, {name}" for name in ON_SQLITE),
        *(f"postgresql, {name}" for name in ON_POSTGRES),
    ],
    indirect=["url"],
)
async def test_the_database_refuses_to_change_or_remove_an_entry(
    storage: SqlStorage, url: str, make: Builder, change: str
) -> None:
    entry = await given_entry(storage, make)
    # An entry that is there already is refused in the words of an ordinary INSERT.
    words = f"{REFUSAL}|UNIQUE constraint failed: activity.id" if "INTO activity SELECT" in change else REFUSAL
    with pytest.raises(exc.IntegrityError, match=words):
        run(url, change)
    assert await storage.activity.entries(ActivityFilter(), limit=10) == [entry]


async def test_simultaneous_entries_of_one_actor_from_two_processes_are_one_chain(
    storage: SqlStorage, url: str, context: AdapterContext, make: Builder
) -> None:
    """A second open storage shares nothing with the first but the database."""
    actor = make.user()

    async def add(through: SqlStorage, entry: Activity) -> None:
        async with through.uow() as tx:
            await tx.activity.add(entry)

    async with opener(url)(url, context) as other:
        await asyncio.gather(*(add(through, make.activity(actor)) for _ in range(10) for through in (storage, other)))
    links = await storage.activity.links(after=None, limit=30)
    assert [link.position for link in links] == list(range(1, 21))
    previous = NO_LINK
    for link in links:
        assert link.hash == link_hash(previous, link.entry.canonical())
        previous = link.hash


async def test_an_entry_that_exists_leaves_the_transaction_usable_and_no_gap(
    storage: SqlStorage, make: Builder
) -> None:
    ada = make.user()
    first, second = make.activity(ada), make.activity(ada)
    async with storage.uow() as tx:
        await tx.activity.add(first)
        for again in (first, replace(first, actor_id=make.user().id)):
            with pytest.raises(IdConflict):
                await tx.activity.add(again)
        await tx.activity.add(second)
    links = await storage.activity.links(after=None, limit=10)
    assert [(link.entry, link.position) for link in links] == [(first, 1), (second, 2)]
    assert [end.actor_id for end in await storage.activity.chains(after=None, limit=10)] == [ada.id]


@pytest.mark.parametrize(("url", "statements"), [("sqlite", 2), ("postgresql", 1)], indirect=["url"])
async def test_an_entry_and_its_place_are_written_by_as_few_statements_as_can_be(
    storage: SqlStorage, make: Builder, statements: int
) -> None:
    executed: list[str] = []

    def spy(_connection: object, _cursor: object, text: str, *_: object) -> None:
        executed.append(text)

    async with storage.uow() as tx:
        event.listen(Engine, "before_cursor_execute", spy)
        try:
            await tx.activity.add(make.activity())
        finally:
            event.remove(Engine, "before_cursor_execute", spy)
    assert len(executed) == statements, executed
