"""Home feeds that a process keeps: used while nothing they rest on has changed, anywhere."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from socialfeed.adapters.caching import COPY_LIFE, CachedContents, CachedFeeds, CachedStandings
from socialfeed.adapters.memory import MemoryCache
from socialfeed.adapters.memory.timelines import MemoryTimelines
from socialfeed.application.ports.cache import DELETIONS, Deletions
from socialfeed.application.ports.feed_copies import Listed
from socialfeed.application.ports.readers import Profile, SharedPost
from socialfeed.application.ports.timelines import Entry
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.graph import MutedWord, Relation
from socialfeed.domain.ids import EntryId, PostId, ShareId, UserId
from socialfeed.domain.post import Post
from socialfeed.testing import Builder, FixedClock
from socialfeed.testing.contracts.timelines import warm


class Nothing:
    """A database that is empty."""

    async def posts_by_ids(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        return {}

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        return {}

    async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
        return {}

    async def muted_words(self, viewer_id: UserId) -> Sequence[MutedWord]:
        return ()


class Shared(MemoryCache):
    is_away = False

    async def delete_many(self, keys: Sequence[str]) -> None:
        if self.is_away:
            raise Unavailable
        await super().delete_many(keys)

    async def deletions(self, since: str | None) -> Deletions:
        if self.is_away:
            raise Unavailable
        return await super().deletions(since)


class Process:
    def __init__(
        self, cache: Shared, timelines: MemoryTimelines, clock: FixedClock, max_bytes: int = 1_000_000
    ) -> None:
        self.contents = CachedContents(Nothing(), Nothing(), cache)
        watch = self.contents.watch
        self.standings = CachedStandings(Nothing(), cache, watch, life=COPY_LIFE, max_bytes=1_000_000)
        self.feeds = CachedFeeds(
            timelines,
            cache,
            watch,
            clock,
            life=COPY_LIFE,
            max_bytes=max_bytes,
            now=lambda: clock.now().timestamp(),
        )

    async def keep(self, reader: UserId, listed: Listed, rests_on: Sequence[int] = ()) -> None:
        kept, ticket = await self.feeds.look(reader)
        assert kept is None
        assert ticket is not None
        self.feeds.keep(reader, ticket, listed, rests_on)

    async def has(self, reader: UserId) -> bool:
        return (await self.feeds.look(reader)).listed is not None


@pytest.fixture
def make() -> Builder:
    return Builder()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def cache(clock: FixedClock) -> Shared:
    return Shared(clock)


@pytest.fixture
def timelines(clock: FixedClock) -> MemoryTimelines:
    return MemoryTimelines(clock)


@pytest.fixture
def here(cache: Shared, timelines: MemoryTimelines, clock: FixedClock) -> Process:
    return Process(cache, timelines, clock)


@pytest.fixture
def there(cache: Shared, timelines: MemoryTimelines, clock: FixedClock) -> Process:
    return Process(cache, timelines, clock)


@pytest.fixture
async def reader(make: Builder, timelines: MemoryTimelines) -> UserId:
    """Somebody with a warm timeline."""
    reader = make.ids.user()
    await warm(timelines, reader)
    return reader


async def test_what_is_kept_is_found_as_it_was(here: Process, reader: UserId, make: Builder) -> None:
    post, share = make.ids.post(), make.ids.share()
    listed = Listed([share, post], {share: SharedPost(make.ids.post(), make.ids.user())})
    await here.keep(reader, listed)
    found, ticket = await here.feeds.look(reader)
    assert found is not None
    assert ticket is None
    assert (list(found.entries), found.shared, found.until) == ([share, post], listed.shared, None)


async def test_a_push_ends_it(here: Process, reader: UserId, timelines: MemoryTimelines, make: Builder) -> None:
    await here.keep(reader, Listed([], {}))
    await timelines.push(Entry(make.ids.post(), make.ids.user()), [make.ids.user()])
    assert await here.has(reader)
    await timelines.push(Entry(make.ids.post(), make.ids.user()), [reader])
    assert not await here.has(reader)


async def test_a_cold_timeline_has_none(here: Process, reader: UserId, timelines: MemoryTimelines) -> None:
    await here.keep(reader, Listed([], {}))
    await timelines.drop(reader)
    assert await here.feeds.look(reader) == (None, None)
    await warm(timelines, reader)
    assert not await here.has(reader)


@pytest.mark.parametrize("changed", ["post", "share's post", "author", "reader", "left to readers"])
async def test_a_change_of_what_it_rests_on_ends_it_in_every_process(
    changed: str, here: Process, there: Process, reader: UserId, make: Builder
) -> None:
    post, shared, author = make.ids.post(), make.ids.post(), make.ids.user()
    for process in (here, there):
        await process.keep(reader, Listed([post], {}), [post, shared, author])
        assert await process.has(reader)
    match changed:
        case "post":
            await there.contents.forget_post(post)
        case "share's post":
            await there.contents.forget_post(shared)
        case "author":
            await there.contents.forget_profile(author)
        case "reader":
            await there.standings.forget_standings(author, reader)
        case _:
            await there.feeds.left_to_readers()
    for process in (here, there):
        assert not await process.has(reader)


async def test_changes_of_others_leave_it_alone(here: Process, there: Process, reader: UserId, make: Builder) -> None:
    post, author = make.ids.post(), make.ids.user()
    await here.keep(reader, Listed([post], {}), [post, author])
    for _ in range(3):
        await there.contents.forget_post(make.ids.post())
        await there.contents.forget_profile(make.ids.user())
        await there.standings.forget_standings(author, make.ids.user())  # whom somebody else follows now
        assert await here.has(reader)


async def test_where_something_is_shared_any_profile_may_matter(
    here: Process, there: Process, reader: UserId, make: Builder
) -> None:
    share: ShareId = make.ids.share()
    await here.keep(reader, Listed([share], {share: SharedPost(make.ids.post(), make.ids.user())}))
    await there.contents.forget_profile(make.ids.user())
    assert not await here.has(reader)


async def test_what_was_read_before_a_change_is_not_kept(here: Process, reader: UserId, make: Builder) -> None:
    _, ticket = await here.feeds.look(reader)
    assert ticket is not None
    await here.contents.forget_post(make.ids.post())
    here.feeds.keep(reader, ticket, Listed([], {}), [])
    assert not await here.has(reader)


async def test_what_was_read_before_a_change_elsewhere_ends_with_it(
    here: Process, there: Process, reader: UserId, make: Builder
) -> None:
    post = make.ids.post()
    _, ticket = await here.feeds.look(reader)
    assert ticket is not None
    await there.contents.forget_post(post)
    here.feeds.keep(reader, ticket, Listed([post], {}), [post])
    assert not await here.has(reader)


async def test_more_changes_than_are_remembered_end_it(here: Process, reader: UserId, make: Builder) -> None:
    await here.keep(reader, Listed([], {}))
    for _ in range(DELETIONS):
        await here.contents.forget_post(make.ids.post())
    assert await here.has(reader)
    for _ in range(DELETIONS + 1):
        await here.contents.forget_post(make.ids.post())
    assert not await here.has(reader)


async def test_while_nobody_can_tell_there_is_none_and_nothing_old_is_left(
    here: Process, reader: UserId, cache: Shared
) -> None:
    await here.keep(reader, Listed([], {}))
    cache.is_away = True
    assert await here.feeds.look(reader) == (None, None)
    with pytest.raises(Unavailable):
        await here.feeds.left_to_readers()
    cache.is_away = False
    assert not await here.has(reader)


async def test_it_ends_when_a_mute_does_and_with_its_life(here: Process, reader: UserId, clock: FixedClock) -> None:
    await here.keep(reader, Listed([], {}, clock.now() + timedelta(seconds=10)))
    clock.advance(timedelta(seconds=9))
    assert await here.has(reader)
    clock.advance(timedelta(seconds=1))
    assert not await here.has(reader)
    await here.keep(reader, Listed([], {}))
    clock.advance(timedelta(seconds=COPY_LIFE - 1))
    await here.contents.forget_post(PostId(1))
    assert await here.has(reader)
    clock.advance(timedelta(seconds=1))
    assert not await here.has(reader)


async def test_memory_is_bounded(cache: Shared, timelines: MemoryTimelines, clock: FixedClock, make: Builder) -> None:
    process = Process(cache, timelines, clock, max_bytes=100_000)
    readers = [make.ids.user() for _ in range(40)]
    entries: list[EntryId] = [make.ids.post() for _ in range(400)]
    for each in readers:
        await warm(timelines, each)
        await process.keep(each, Listed(entries, {}), entries)
    kept = [await process.has(each) for each in readers]
    assert kept[-1]
    assert 0 < sum(kept) <= 100_000 // 6_400
