"""What each of several processes keeps of posts and profiles: never older than what another was told is done."""

import asyncio
import gc
import random
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from socialfeed.adapters.caching import COPY_LIFE, CachedContents, StoredContents
from socialfeed.adapters.memory import MemoryCache
from socialfeed.application.cache_use import CacheStatus, CacheUse, noted_cache_use
from socialfeed.application.ports.cache import DELETIONS, FENCE, Deletions
from socialfeed.application.ports.readers import Profile
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing import Builder, FixedClock


class Database:
    """Counts how many rows it was asked for."""

    def __init__(self) -> None:
        self.posts: dict[PostId, Post] = {}
        self.profiles: dict[UserId, Profile] = {}
        self.asked = 0

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        self.asked += len(ids)
        return {i: self.posts[i] for i in ids if i in self.posts}

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        self.asked += len(ids)
        return {i: self.profiles[i] for i in ids if i in self.profiles}


class Shared(MemoryCache):
    """A shared cache that can be away, that counts how often it was asked for values, and for deletions."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(clock)
        self.is_away = False
        self.gets = self.looks = 0

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        self.gets += 1
        return {} if self.is_away else await super().get_many(keys)

    async def delete_many(self, keys: Sequence[str]) -> None:
        if self.is_away:
            raise Unavailable
        await super().delete_many(keys)

    async def deletions(self, since: str | None) -> Deletions:
        self.looks += 1
        if self.is_away:
            raise Unavailable
        return await super().deletions(since)


@pytest.fixture
def make() -> Builder:
    return Builder()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def shared(clock: FixedClock) -> Shared:
    return Shared(clock)


@pytest.fixture
def here(database: Database, shared: Shared, clock: FixedClock) -> CachedContents:
    return CachedContents(database, database, shared, now=lambda: clock.now().timestamp())


@pytest.fixture
def there(database: Database, shared: Shared, clock: FixedClock) -> CachedContents:
    """Another process over the same shared cache."""
    return CachedContents(database, database, shared, now=lambda: clock.now().timestamp())


def profile_of(user: User) -> Profile:
    return Profile(user.id, user.username, user.first_name, user.last_name, user.bio, user.created_at, is_active=True)


@pytest.fixture
def post(make: Builder, database: Database) -> Post:
    author = make.user()
    post = make.post(author)
    database.profiles[author.id] = profile_of(author)
    database.posts[post.id] = post
    return post


async def test_what_a_process_has_read_it_answers_by_itself(
    post: Post, here: CachedContents, database: Database, shared: Shared
) -> None:
    first = await here.posts_and_authors([post.id])
    asked, gets = database.asked, shared.gets
    for _ in range(5):
        assert await here.posts_and_authors([post.id]) == first
    assert (database.asked, shared.gets) == (asked, gets)


async def test_a_page_looks_once_at_what_was_deleted(post: Post, here: CachedContents, shared: Shared) -> None:
    await here.posts_and_authors([post.id])
    await here.posts_and_authors([post.id])
    assert shared.looks == 2


async def test_a_change_in_one_process_is_in_the_very_next_answer_of_every_other(
    post: Post, here: CachedContents, there: CachedContents, database: Database
) -> None:
    for process in (here, there):
        await process.posts_and_authors([post.id])
    author = database.profiles[post.author_id]._replace(bio="New.")
    database.posts[post.id] = gone = replace(post, deleted_at=post.created_at)
    database.profiles[post.author_id] = author
    await here.forget_post(post.id)
    await here.forget_profile(post.author_id)
    for process in (here, there):
        assert await process.posts_and_authors([post.id]) == ({post.id: gone}, {author.id: author})


async def test_a_change_leaves_other_copies_alone(
    post: Post, here: CachedContents, there: CachedContents, database: Database, make: Builder
) -> None:
    other = make.post(make.user())
    database.posts[other.id] = other
    await here.posts_by_ids([post.id, other.id])
    await there.forget_post(other.id)
    asked = database.asked
    assert await here.posts_by_ids([post.id]) == {post.id: post}
    assert database.asked == asked


async def test_while_the_shared_cache_is_away_the_database_answers_and_after_it_nothing_old_is_left(
    post: Post, here: CachedContents, there: CachedContents, database: Database, shared: Shared
) -> None:
    await here.posts_by_ids([post.id])
    shared.is_away = True
    database.posts[post.id] = edited = replace(post, content="edited")
    with pytest.raises(Unavailable):
        await there.forget_post(post.id)
    assert await here.posts_by_ids([post.id]) == {post.id: edited}
    assert await here.posts_by_ids([post.id]) == {post.id: edited}
    shared.is_away = False
    await there.forget_post(post.id)  # the job, that waits for the cache
    assert await here.posts_by_ids([post.id]) == {post.id: edited}


async def test_a_process_that_cannot_tell_the_others_forgets_itself(
    post: Post, here: CachedContents, database: Database, shared: Shared
) -> None:
    """The cache is away for this one call, and what it had is lost."""
    await here.posts_by_ids([post.id])
    shared.is_away = True
    with pytest.raises(Unavailable):
        await here.forget_post(post.id)
    shared.is_away = False
    shared._values.clear()
    database.posts[post.id] = edited = replace(post, content="edited")
    assert await here.posts_by_ids([post.id]) == {post.id: edited}


async def test_more_changes_than_are_listed_empty_the_process(
    post: Post, here: CachedContents, there: CachedContents, database: Database
) -> None:
    await here.posts_by_ids([post.id])
    database.posts[post.id] = edited = replace(post, content="edited")
    await there.forget_post(post.id)
    for number in range(DELETIONS):
        await there.forget_post(PostId(number))
    assert await here.posts_by_ids([post.id]) == {post.id: edited}


async def test_what_was_read_before_a_change_in_another_process_is_not_kept_here(
    post: Post, here: CachedContents, there: CachedContents, database: Database, clock: FixedClock
) -> None:
    """While one request here has read the old post and not kept it yet, another here learns of the change."""
    edited = replace(post, content="edited")

    async def overtaken(ids: Sequence[PostId]) -> dict[PostId, Post]:
        read = {post.id: database.posts[post.id]}
        if database.posts[post.id] == post:
            database.posts[post.id] = edited
            await there.forget_post(post.id)
            await here.profiles_by_ids([post.author_id])
        return read

    here._posts._read = overtaken
    assert await here.posts_by_ids([post.id]) == {post.id: post}
    for _ in range(3):
        assert await here.posts_by_ids([post.id]) == {post.id: edited}
        clock.advance(FENCE)


async def test_copies_of_deleted_posts_spare_the_database_and_a_restored_one_is_back_at_once(
    post: Post, here: CachedContents, there: CachedContents, database: Database, shared: Shared
) -> None:
    database.posts[post.id] = gone = replace(post, deleted_at=post.created_at)
    await here.posts_by_ids([post.id])
    asked = database.asked
    assert await here.posts_by_ids([post.id]) == {post.id: gone}
    assert database.asked == asked
    assert await shared.get_many([f"post:3:{post.id}"]) == {}
    database.posts[post.id] = post
    await there.forget_post(post.id)
    assert await here.posts_by_ids([post.id]) == {post.id: post}


async def test_a_copy_ends_with_its_life(
    post: Post, here: CachedContents, database: Database, shared: Shared, clock: FixedClock
) -> None:
    await here.posts_by_ids([post.id])
    gets = shared.gets
    clock.advance(timedelta(seconds=COPY_LIFE - 1))
    await here.posts_by_ids([post.id])
    assert shared.gets == gets
    clock.advance(timedelta(seconds=1))
    await here.posts_by_ids([post.id])
    assert shared.gets == gets + 1


async def test_memory_stays_within_its_bound_and_what_was_used_last_stays(
    database: Database, shared: Shared, make: Builder
) -> None:
    bound = 2_000_000
    here = CachedContents(database, database, shared, max_bytes=bound)
    author = make.user()
    posts = [make.post(author, content=f"{n} " + "naïve café 🎈 " * 20) for n in range(3_000)]
    hot = make.post(author)
    # Shared memory is not what is measured here: nothing is filled in there.
    shared._max = 0
    gc.collect()
    tracemalloc.start()
    for post in posts:
        fresh = replace(post, content=post.content[:-1])
        database.posts = {hot.id: hot, fresh.id: fresh}
        await here.posts_by_ids([hot.id, fresh.id])
    database.posts = {}
    del fresh, post
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < bound
    assert len(here._posts._copies) > 500
    assert await here.posts_by_ids([hot.id, posts[0].id]) == {hot.id: hot}


async def test_a_value_larger_than_the_cache_is_not_kept(
    database: Database, shared: Shared, make: Builder, post: Post
) -> None:
    here = CachedContents(database, database, shared, max_bytes=400)
    assert await here.posts_by_ids([post.id]) == await here.posts_by_ids([post.id]) == {post.id: post}
    assert len(here._posts._copies) == 0


class TestUse:
    async def test_a_request_is_a_miss_if_the_database_was_read_else_a_hit(
        self, post: Post, here: CachedContents, clock: FixedClock
    ) -> None:
        assert (await use_of(here, post.id)).status is CacheStatus.MISS
        clock.advance(timedelta(seconds=20))
        use = await use_of(here, post.id)
        assert (use.status, use.seconds, use.database) == (CacheStatus.HIT, COPY_LIFE - 20, None)

    async def test_what_another_process_left_in_the_shared_cache_is_a_hit(
        self, post: Post, here: CachedContents, there: CachedContents
    ) -> None:
        await use_of(there, post.id)
        use = await use_of(here, post.id)
        assert (use.status, use.seconds) == (CacheStatus.HIT, COPY_LIFE)

    async def test_without_a_cache_or_with_one_that_is_away_it_is_bypassed(
        self, post: Post, here: CachedContents, database: Database, shared: Shared
    ) -> None:
        await use_of(here, post.id)
        shared.is_away = True
        assert (await use_of(here, post.id)).status is CacheStatus.BYPASS
        assert (await use_of(StoredContents(database, database), post.id)).status is CacheStatus.BYPASS

    async def test_a_request_that_needs_nothing_has_no_status(self, here: CachedContents) -> None:
        use = CacheUse()
        with noted_cache_use(use):
            await here.posts_and_authors([])
        assert use.status is None


async def use_of(contents: CachedContents | StoredContents, post_id: PostId) -> CacheUse:
    use = CacheUse()
    with noted_cache_use(use):
        await contents.posts_and_authors([post_id])
    return use


@pytest.mark.parametrize("seed", range(30))
async def test_no_reader_in_any_process_gets_less_than_what_was_told_before_it_asked(seed: int) -> None:
    """Three processes over one cache that is slow, forgetful and sometimes empties itself, and a slow database. A
    writer commits a new version, forgets the old one, and only then says so.
    """
    chance = random.Random(seed)
    clock, make = FixedClock(), Builder()

    async def dawdle() -> None:
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)

    class Slow(MemoryCache):
        async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
            await dawdle()
            found = await super().get_many(keys)
            await dawdle()
            return found

        async def fill_many(self, values: object, ttl: object) -> None:
            await dawdle()
            await super().fill_many(values, ttl)  # type: ignore[arg-type]

        async def delete_many(self, keys: Sequence[str]) -> None:
            await dawdle()
            await super().delete_many(keys)
            await dawdle()

        async def deletions(self, since: str | None) -> Deletions:
            await dawdle()
            found = await super().deletions(since)
            await dawdle()
            return found if chance.random() < 0.9 else Deletions(found.position, None)

    class SlowDatabase(Database):
        async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
            await dawdle()
            found = await super().posts_by_ids(ids)
            await dawdle()
            return found

    database, shared = SlowDatabase(), Slow(clock)
    posts = [make.post(make.user(), content="0") for _ in range(3)]
    database.posts = {post.id: post for post in posts}
    told = {post.id: 0 for post in posts}
    processes = [CachedContents(database, database, shared) for _ in range(3)]

    async def write() -> None:
        for _ in range(4):
            process, post = chance.choice(processes), chance.choice(posts)
            await dawdle()
            version = int(database.posts[post.id].content) + 1
            database.posts[post.id] = replace(post, content=str(version))
            await process.forget_post(post.id)
            told[post.id] = max(told[post.id], version)

    async def read() -> None:
        for _ in range(15):
            process, wanted = chance.choice(processes), [post.id for post in chance.sample(posts, 2)]
            before = dict(told)
            found = await process.posts_by_ids(wanted)
            assert all(int(found[post_id].content) >= before[post_id] for post_id in wanted)
            await dawdle()

    for _ in range(5):
        await asyncio.gather(write(), write(), *(read() for _ in range(6)))
        clock.advance(FENCE)  # which is longer than any read takes
