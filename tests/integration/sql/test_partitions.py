"""On Postgres the activity log is kept by months, each of which can be dropped as a whole."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from socialfeed.adapters.sql import SqlStorage, migrate, migrations, open_postgresql, partitions
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.activity import Action, Activity
from socialfeed.domain.ids import ActivityId, Kind, UserId, compose

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
async def url(postgres_url: str) -> str:
    """A database of its own: these tests change its tables."""
    await migrate(postgres_url)
    return postgres_url


@pytest.fixture
async def storage(url: str, context: AdapterContext) -> AsyncIterator[SqlStorage]:
    async with open_postgresql(url, context) as storage:
        yield storage


def first_of_month(months_from_now: int) -> datetime:
    now = datetime.now(UTC)
    month = now.year * 12 + now.month - 1 + months_from_now
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def name_of(first: datetime) -> str:
    return f"activity_{first:%Y_%m}"


async def add(storage: SqlStorage, at: datetime) -> ActivityId:
    entry = Activity(ActivityId(compose(int(at.timestamp() * 1000), Kind.ACTIVITY, 1, 2)), UserId(7), Action.POST_LIKE)
    assert entry.at == at
    async with storage.uow() as tx:
        await tx.activity.add(entry)
    return entry.id


def partition_of(url: str, entry: ActivityId) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT tableoid::regclass::text FROM activity WHERE id = %s", [entry]).fetchone()
    assert row is not None
    return str(row[0])


def names(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity'::regclass"
        )
        return sorted(name for (name,) in rows)


def drop(url: str, *months: datetime) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for first in months:
            connection.execute(f"DROP TABLE {name_of(first)}")


def test_there_are_partitions_from_last_month_to_two_years_ahead(url: str) -> None:
    assert names(url) == [*(name_of(first_of_month(n)) for n in range(-1, 25)), "activity_default"]


async def test_an_entry_is_kept_in_its_month_and_in_the_default_one_where_there_is_none(
    storage: SqlStorage, url: str
) -> None:
    this, following, last = first_of_month(0), first_of_month(1), first_of_month(24)
    expected = {
        await add(storage, this): name_of(this),
        await add(storage, following - MILLISECOND): name_of(this),
        await add(storage, following): name_of(following),
        await add(storage, last): name_of(last),
        await add(storage, first_of_month(25)): "activity_default",
        # Ids last until 2093.
        await add(storage, datetime(2090, 6, 1, tzinfo=UTC)): "activity_default",
        await add(storage, datetime(2024, 1, 1, tzinfo=UTC)): "activity_default",
    }
    assert {entry: partition_of(url, entry) for entry in expected} == expected
    entries = await storage.activity.entries(ActivityFilter(), limit=10)
    assert [entry.id for entry in entries] == sorted(expected, reverse=True)


async def test_a_whole_month_can_be_dropped_and_the_rest_stays(storage: SqlStorage, url: str) -> None:
    await add(storage, first_of_month(0))
    kept = await add(storage, first_of_month(1))
    drop(url, first_of_month(0))
    assert [entry.id for entry in await storage.activity.entries(ActivityFilter(), limit=10)] == [kept]


async def test_migrating_makes_the_months_that_are_missing_and_guards_them(storage: SqlStorage, url: str) -> None:
    before, missing = names(url), [first_of_month(n) for n in (22, 23, 24)]
    drop(url, *missing)
    await migrate(url)
    assert names(url) == before
    await migrate(url)
    assert names(url) == before
    entry = await add(storage, missing[-1])
    month = partition_of(url, entry)
    assert month == name_of(missing[-1])
    for change in (f"TRUNCATE {month}", f"DELETE FROM {month}", f"UPDATE {month} SET count = 2", "TRUNCATE activity"):
        refused = pytest.raises(psycopg.errors.RestrictViolation, match="the activity log is append-only")
        with psycopg.connect(url) as connection, refused:
            connection.execute(change)


async def test_a_month_that_began_in_the_default_partition_stays_there(storage: SqlStorage, url: str) -> None:
    before, begun, other = names(url), first_of_month(24), first_of_month(23)
    drop(url, begun, other)
    early = await add(storage, begun)
    await migrate(url)
    assert names(url) == [name for name in before if name != name_of(begun)]
    late = await add(storage, begun + MILLISECOND)
    assert [partition_of(url, entry) for entry in (early, late)] == ["activity_default"] * 2


def test_later_the_months_after_those_are_made(url: str) -> None:
    before = names(url)
    with migrations.connected(url) as connection:
        partitions.extend(connection, datetime(2030, 12, 31, 23, 59, tzinfo=UTC))
    made = [name for name in names(url) if name not in before]
    assert made == [
        *(f"activity_2030_{month}" for month in (11, 12)),
        *(f"activity_{year}_{month:02}" for year in (2031, 2032) for month in range(1, 13)),
    ]
