"""What timelines and trending leave in their tables: no more than they must."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table, func, select

from socialfeed.adapters.sql import SqlStorage
from socialfeed.adapters.sql.tables import (
    timeline_entries,
    timelines,
    trending_hours,
    trending_posts,
    trending_scopes,
    trending_standings,
)
from socialfeed.adapters.sql.timelines import LIFE, TOUCH_AFTER, SqlTimelines
from socialfeed.adapters.sql.trending import SqlTrending
from socialfeed.application.ports.timelines import KEPT, Entry
from socialfeed.application.ports.trending import KEPT as TRENDING_KEPT
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import LIFE as LIFE_OF_TRENDS
from socialfeed.domain.trending import Reaction, Trendable, scopes_of
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import START, FixedClock
from socialfeed.testing.contracts.timelines import start
from socialfeed.testing.contracts.trending import ANYBODY

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
    assert timeline.floor == timeline.entries[-1].id == 6


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


async def test_only_the_top_of_a_scope_is_kept(storage: SqlStorage, clock: FixedClock, make: Builder) -> None:
    """The best of now, which are the last ones here, and of today, which are the first ones."""
    members = [{"scope": "tag:art", "post_id": n} for n in range(1, 2 * TRENDING_KEPT + 21)]
    books = [
        {"post_id": n, "touched_at": clock.now(), "now_rank": float(n), "today_rank": float(-n)}
        for n in range(1, 2 * TRENDING_KEPT + 21)
    ]
    async with storage.database.begin() as connection:
        await storage.database.insert_many(connection, trending_posts, books)
        await storage.database.insert_many(connection, trending_scopes, members)
    trending = SqlTrending(storage.database, clock, prune_chance=1)
    await trending.add(Trendable(make.ids.post(), scopes_of(None, ["art"])), [liked(make)], ANYBODY)
    assert await rows_in(storage, trending_scopes) == 2 * TRENDING_KEPT - 1  # the new one is in both
    for window, first in ((Window.NOW, 2 * TRENDING_KEPT + 20), (Window.TODAY, 1)):
        ranked = [trend.post_id for trend in await trending.top("tag:art", window, limit=3)]
        assert first in ranked


async def test_what_nobody_reacts_to_is_forgotten_after_a_week(
    storage: SqlStorage, clock: FixedClock, make: Builder
) -> None:
    trending = SqlTrending(storage.database, clock, prune_chance=1)
    scopes = scopes_of("de", ["art"])
    for _ in range(3):
        await trending.add(Trendable(make.ids.post(), scopes), [liked(make)], ANYBODY)
    clock.advance(LIFE_OF_TRENDS)
    kept = Trendable(make.ids.post(), scopes)
    await trending.add(kept, [liked(make)], ANYBODY)
    assert await rows_in(storage, trending_posts) == 4
    clock.advance(timedelta(seconds=1))
    await trending.add(kept, [liked(make)], ANYBODY)
    assert await rows_in(storage, trending_posts) == 1
    assert await rows_in(storage, trending_standings) == 2
    assert await rows_in(storage, trending_scopes) == 2
    assert await rows_in(storage, trending_hours) == 2


async def test_a_like_makes_one_row_and_changes_two(storage: SqlStorage, clock: FixedClock, make: Builder) -> None:
    """Who reacted, once; and with the post's row the number of the hour, which is made once an hour."""
    person, scopes = make.ids.user(), scopes_of("de", ["art", "more", "tags"])
    posts = [Trendable(make.ids.post(), scopes) for _ in range(2)]
    before = Reaction(make.ids.like(), person)
    await storage.trending.add(posts[0], [before], ANYBODY)
    await storage.trending.add(posts[1], [liked(make)], ANYBODY)
    tables = (trending_posts, trending_scopes, trending_standings, trending_hours)
    rows = [await rows_in(storage, table) for table in tables]
    await storage.trending.add(posts[1], [Reaction(make.ids.like(), person)], ANYBODY)
    assert [await rows_in(storage, table) for table in tables] == [rows[0], rows[1], rows[2] + 1, rows[3]]


def liked(make: Builder) -> Reaction:
    """By somebody else each time."""
    return Reaction(make.ids.like(), make.ids.user())
