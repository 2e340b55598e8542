"""Deltas beside the row that counts a post, and counters that somebody changed behind our back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import psycopg
import pytest

from socialfeed.adapters.sql import SqlStorage, open_postgresql
from socialfeed.application.counters import CounterUpkeep
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.counters import Drift
from socialfeed.container import open_app
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.settings import Settings
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import (
    counts_of,
    given_comments,
    given_post,
    given_users,
    like,
    outcomes,
    rolled_back,
    share,
    unlike,
)


@pytest.fixture
def users(make: Builder) -> list[User]:
    return [make.user() for _ in range(6)]


@pytest.fixture
async def feed(migrated_postgres_url: str, context: AdapterContext, users: list[User]) -> AsyncIterator[SqlStorage]:
    """On Postgres; SQLite has one writer at a time, and no deltas."""
    async with open_postgresql(migrated_postgres_url, context) as storage:
        await given_users(storage, *users)
        yield storage


@asynccontextmanager
async def row_held(url: str, post: Post) -> AsyncIterator[None]:
    """Another process is just counting for the post, and takes its time."""
    async with await psycopg.AsyncConnection.connect(url) as other:
        await other.execute("UPDATE post_counters SET version = version WHERE post_id = %s", [post.id])
        yield
        await other.rollback()


async def deltas(url: str) -> list[tuple[int, int]]:
    """How many of all posts there are, and how many changes each counts."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute("SELECT likes, changes FROM counter_deltas ORDER BY id")
        return [(int(likes), int(changes)) for likes, changes in await cursor.fetchall()]


def upkeep(storage: SqlStorage) -> CounterUpkeep:
    return CounterUpkeep(storage.uow, storage.counters, storage.posts)


async def test_who_finds_the_row_locked_counts_without_waiting_and_everybody_sees_it(
    feed: SqlStorage, migrated_postgres_url: str, make: Builder, users: list[User]
) -> None:
    post = await given_post(feed, make, users[0])
    seen = [(await like(feed, make.like(post, users[0])))[1]]
    async with row_held(migrated_postgres_url, post):
        for user in users[1:4]:
            seen.append((await like(feed, make.like(post, user)))[1])
            assert (await feed.posts.counts([post.id]))[post.id] == seen[-1]
        seen.append((await unlike(feed, post, users[2]))[1])
        seen.append((await share(feed, make.share(post, users[0])))[1])
        assert await feed.counters.drift([post.id]) == []
        assert await deltas(migrated_postgres_url) == [(2, 5)]
    assert [counts[:3] for counts in seen] == [(1, 0, 0), (2, 0, 0), (3, 0, 0), (4, 0, 0), (3, 0, 0), (3, 0, 1)]
    assert all(newer.version == older.version + 1 for older, newer in pairwise(seen))


async def test_those_who_count_at_once_each_have_a_delta(
    feed: SqlStorage, migrated_postgres_url: str, make: Builder, users: list[User]
) -> None:
    """Nobody waits for another's commit: here none of them can commit before all have counted."""
    post = await given_post(feed, make, users[0])
    all_counted = asyncio.Barrier(len(users))

    async def slowly(user: User) -> None:
        async with feed.uow() as tx:
            await tx.likes.add(make.like(post, user))
            await all_counted.wait()

    async with asyncio.timeout(8):
        await asyncio.gather(*(slowly(user) for user in users))
    assert await counts_of(feed, post.id) == (6, 0, 0)
    assert await deltas(migrated_postgres_url) == [(1, 1)] * 5


async def test_folding_changes_neither_counts_nor_version(
    feed: SqlStorage, migrated_postgres_url: str, make: Builder, users: list[User]
) -> None:
    post, other = await given_post(feed, make, users[0]), await given_post(feed, make, users[0])
    async with row_held(migrated_postgres_url, post), row_held(migrated_postgres_url, other):
        for user in users:
            await like(feed, make.like(post, user))
        await given_comments(feed, make.comment(other, users[0]))
        assert await upkeep(feed).fold() == 0
    seen = await feed.posts.counts([post.id, other.id])
    assert set(await feed.counters.unfolded(limit=10)) == {post.id, other.id}
    assert await upkeep(feed).fold() == 2
    assert await upkeep(feed).fold() == 0
    assert await deltas(migrated_postgres_url) == []
    assert await feed.posts.counts([post.id, other.id]) == seen
    assert (seen[post.id].version, seen[other.id].version) == (6, 1)


async def test_a_like_that_was_rolled_back_leaves_no_delta(
    feed: SqlStorage, migrated_postgres_url: str, make: Builder, users: list[User]
) -> None:
    post = await given_post(feed, make, users[0])
    async with row_held(migrated_postgres_url, post), rolled_back(feed) as tx:
        await tx.likes.add(make.like(post, users[0]))
    assert await deltas(migrated_postgres_url) == []
    assert await counts_of(feed, post.id) == (0, 0, 0)


async def test_what_a_process_that_died_left_is_folded_by_another(
    feed: SqlStorage, migrated_postgres_url: str, context: AdapterContext, make: Builder, users: list[User]
) -> None:
    post = await given_post(feed, make, users[0])
    async with open_postgresql(migrated_postgres_url, context) as dead, row_held(migrated_postgres_url, post):
        for user in users:
            await like(dead, make.like(post, user))
    assert await counts_of(feed, post.id) == (6, 0, 0)
    assert await upkeep(feed).fold() == 1
    assert await counts_of(feed, post.id) == (6, 0, 0)
    assert await feed.counters.drift([post.id]) == []


async def test_a_post_goes_with_its_deltas(
    feed: SqlStorage, migrated_postgres_url: str, make: Builder, users: list[User]
) -> None:
    post = await given_post(feed, make, users[0])
    async with row_held(migrated_postgres_url, post):
        for user in users:
            await like(feed, make.like(post, user))
    async with feed.uow() as tx:
        await tx.posts.remove(post.id)
    assert await deltas(migrated_postgres_url) == []
    with pytest.raises(PostNotFound):
        await like(feed, make.like(post, users[0]))
    assert await feed.engagement.likers(post.id, limit=10) == []
    assert await deltas(migrated_postgres_url) == []


async def test_a_removal_waits_for_those_who_count_and_takes_their_likes_along(
    feed: SqlStorage, migrated_postgres_url: str, make: Builder, users: list[User]
) -> None:
    post = await given_post(feed, make, users[0])

    async def remove() -> None:
        async with feed.uow() as tx:
            await tx.posts.remove(post.id)

    async with row_held(migrated_postgres_url, post), feed.uow() as tx:
        await tx.likes.add(make.like(post, users[1]))
        removal = asyncio.create_task(remove())
        await waits_for_a_lock(migrated_postgres_url)
        late = asyncio.create_task(like(feed, make.like(post, users[2])))
    await removal
    with pytest.raises(PostNotFound):
        await late
    assert await feed.engagement.likers(post.id, limit=10) == []
    assert await deltas(migrated_postgres_url) == []


async def waits_for_a_lock(url: str) -> None:
    waiting = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT granted AND"
    async with asyncio.timeout(8), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while True:
            cursor = await connection.execute(f"{waiting} datname = current_database() AND locktype = 'advisory'")
            if await cursor.fetchone() != (0,):
                return


async def test_likes_from_two_processes_with_folding_are_all_counted_and_readers_never_see_fewer(
    feed: SqlStorage, migrated_postgres_url: str, context: AdapterContext, make: Builder
) -> None:
    crowd = [make.user() for _ in range(200)]
    await given_users(feed, *crowd)
    post = await given_post(feed, make, crowd[0])
    seen: list[Counts] = []
    liking = True

    async def fold(through: SqlStorage) -> None:
        while liking:
            await upkeep(through).fold()

    async def read() -> None:
        while liking:
            seen.append((await feed.posts.counts([post.id]))[post.id])

    async with open_postgresql(migrated_postgres_url, context) as other:
        watching = [asyncio.create_task(each) for each in (fold(feed), fold(other), read())]
        likes = [like(through, make.like(post, user)) for user in crowd for through in (feed, other)]
        results = await outcomes(*likes)
        liking = False
        await asyncio.gather(*watching)
    assert [each for each in results if isinstance(each, BaseException)] == []
    assert await counts_of(feed, post.id) == (200, 0, 0)
    assert all(older.version <= newer.version and older.likes <= newer.likes for older, newer in pairwise(seen))
    assert all(counts.version == counts.likes for counts in seen)
    while await feed.counters.unfolded(limit=1):
        await upkeep(feed).fold()
    assert (await feed.posts.counts([post.id]))[post.id] == (200, 0, 0, 200)
    assert await feed.counters.drift([post.id]) == []


async def test_drift_is_found_and_mended(storage: SqlStorage, url: str, make: Builder) -> None:
    users = [make.user() for _ in range(3)]
    await given_users(storage, *users)
    post, fine = await given_post(storage, make, users[0]), await given_post(storage, make, users[0])
    for each in (post, fine):
        await like(storage, make.like(each, users[1]))
        await given_comments(storage, make.comment(each, users[2]))
        await share(storage, make.share(each, users[2]))
    async with storage.database.begin() as connection:
        await connection.exec_driver_sql(
            f"UPDATE post_counters SET likes = 7, comments = 0, shares = -1 WHERE post_id = {post.id}"
        )
    wrong = Drift(post.id, Counts(7, 0, -1, 3), Counts(1, 1, 1, 3))
    assert [found async for found in upkeep(storage).compared()] == [(2, [wrong])]
    await upkeep(storage).mend(post.id)
    assert [found async for found in upkeep(storage).compared()] == [(2, [])]
    assert (await storage.posts.counts([post.id]))[post.id] == (1, 1, 1, 4)
    await upkeep(storage).mend(make.ids.post())


async def test_mending_takes_deltas_into_account(
    feed: SqlStorage, migrated_postgres_url: str, make: Builder, users: list[User]
) -> None:
    post = await given_post(feed, make, users[0])
    async with row_held(migrated_postgres_url, post):
        for user in users:
            await like(feed, make.like(post, user))
    async with feed.database.begin() as connection:
        await connection.exec_driver_sql("UPDATE counter_deltas SET likes = likes + 5")
    assert await counts_of(feed, post.id) == (11, 0, 0)
    await upkeep(feed).mend(post.id)
    assert (await feed.posts.counts([post.id]))[post.id] == (6, 0, 0, 7)
    assert await deltas(migrated_postgres_url) == []


async def test_the_product_folds_in_the_background(
    feed: SqlStorage, migrated_postgres_url: str, context: AdapterContext, make: Builder, users: list[User]
) -> None:
    post = await given_post(feed, make, users[0])
    async with row_held(migrated_postgres_url, post):
        for user in users:
            await like(feed, make.like(post, user))
    async with open_app(Settings(database_url=migrated_postgres_url, data_dir=context.data_dir)), asyncio.timeout(8):
        while await feed.counters.unfolded(limit=1):
            await asyncio.sleep(0.01)
    assert await counts_of(feed, post.id) == (6, 0, 0)
    assert await feed.counters.drift([post.id]) == []
