"""What timelines and trending leave in their tables: no more than they must."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table, func, select

from socialfeed.adapters.sql import SqlStorage
from socialfeed.adapters.sql.tables import timeline_entries, timelines, trending_scores
from socialfeed.adapters.sql.timelines import LIFE, TOUCH_AFTER, SqlTimelines
from socialfeed.adapters.sql.trending import SqlTrending
from socialfeed.application.ports.timelines import KEPT, Entry
from socialfeed.application.ports.trending import KEPT as TRENDING_KEPT
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.ranking import LIKE, epoch_of
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import START, FixedClock
from socialfeed.testing.contracts.timelines import start

AUTHOR = UserId(7)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


async def rows_in(storage: SqlStorage, table: Table) -> int:
    async with storage.database.begin() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


def entries(number: int) -> list[Entry]:
    return [Entry(PostId(n), AUTHOR) for n in range(1, number + 1)]


async def warm(timelines: SqlTimelines, owner: UserId, number: int = 0) -> None:
    await timelines.fill(owner, await start(timelines, owner), entries(number), None)


async def test_a_push_trims_what_is_beyond_the_kept(storage: SqlStorage, clock: FixedClock) -> None:
    trimming = SqlTimelines(storage.database, clock, trim_chance=1)
    await warm(trimming, AUTHOR, KEPT)
    for n in range(5):
        await trimming.push(Entry(PostId(1_000 + n), AUTHOR), [AUTHOR])
    assert await rows_in(storage, timeline_entries) == KEPT
    timeline = await trimming.read(AUTHOR)
    assert timeline is not None
    assert timeline.floor == timeline.entries[-1].post_id == 6


async def test_a_warming_timeline_is_not_trimmed(storage: SqlStorage, clock: FixedClock) -> None:
    """Its floor is set by the snapshot, which knows nothing of what was cut."""
    trimming = SqlTimelines(storage.database, clock, trim_chance=1)
    await start(trimming, AUTHOR)
    await trimming.backfill(AUTHOR, entries(KEPT + 5))
    await trimming.push(Entry(PostId(1_000), AUTHOR), [AUTHOR])
    assert await rows_in(storage, timeline_entries) == KEPT + 6


async def test_a_new_timeline_buries_dead_ones(storage: SqlStorage, clock: FixedClock) -> None:
    for owner in range(10, 13):
        await warm(storage.timelines, UserId(owner), 3)
    clock.advance(LIFE)
    await warm(storage.timelines, UserId(20), 1)
    assert await rows_in(storage, timelines) == 1
    assert await rows_in(storage, timeline_entries) == 1


async def test_a_timeline_unread_for_its_life_is_cold_and_comes_back_without_a_gap(
    storage: SqlStorage, clock: FixedClock
) -> None:
    await warm(storage.timelines, AUTHOR, 3)
    clock.advance(LIFE)
    await storage.timelines.push(Entry(PostId(50), AUTHOR), [AUTHOR])
    assert await storage.timelines.read(AUTHOR) is None
    warming = await start(storage.timelines, AUTHOR)
    await storage.timelines.fill(AUTHOR, warming, [Entry(PostId(60), AUTHOR)], PostId(55))
    timeline = await storage.timelines.read(AUTHOR)
    assert timeline is not None
    assert list(timeline.entries) == [Entry(PostId(60), AUTHOR)]


async def test_a_read_is_written_down_once_a_day(storage: SqlStorage, clock: FixedClock) -> None:
    async def read_at() -> timedelta:
        await storage.timelines.read(AUTHOR)
        async with storage.database.begin() as connection:
            moment: datetime = (await connection.execute(select(timelines.c.read_at))).scalar_one()
        return moment - START

    await warm(storage.timelines, AUTHOR)
    clock.advance(TOUCH_AFTER)
    assert await read_at() == timedelta(0)
    clock.advance(timedelta(seconds=1))
    assert await read_at() == TOUCH_AFTER + timedelta(seconds=1)


async def test_only_the_top_of_trending_is_kept(storage: SqlStorage, clock: FixedClock, make: Builder) -> None:
    epoch = epoch_of(clock.now())
    scores = [
        {"post_id": n, "epoch": epoch, "score": float(n), "weight": float(n)} for n in range(1, TRENDING_KEPT + 21)
    ]
    older = [{"post_id": 9_000, "epoch": epoch - 1, "score": 2.0**128 * 9_000, "weight": 1.0}]
    async with storage.database.begin() as connection:
        await storage.database.insert_many(connection, trending_scores, scores + older)
    trending = SqlTrending(storage.database, clock, prune_chance=1)
    await trending.add(make.ids.event(), PostId(9_001), LIKE, clock.now())
    assert await rows_in(storage, trending_scores) == TRENDING_KEPT
    top = await trending.top(limit=TRENDING_KEPT, at=clock.now())
    assert top[:2] == [9_001, 9_000]
    assert top[-1] == 23
