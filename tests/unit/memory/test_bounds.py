"""What is kept for speed stays bounded, and forgetting is never wrong."""

import gc
import tracemalloc
from dataclasses import replace
from datetime import timedelta

from socialfeed.adapters.memory import (
    MemoryCache,
    MemoryCounterCache,
    MemoryMailer,
    MemoryRateLimiter,
    MemoryStorage,
    MemoryTimelines,
    MemoryTrending,
)
from socialfeed.application.ports.cache import FENCE
from socialfeed.application.ports.limits import Limit
from socialfeed.application.ports.mail import Mail
from socialfeed.application.ports.timelines import Entry, Timeline
from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import EVERYWHERE, Limits, Reaction, Trendable, scopes_of
from socialfeed.domain.trending import LIFE as LIFE_OF_TRENDS
from socialfeed.testing import Builder, FixedClock
from socialfeed.testing.clock import START
from socialfeed.testing.contracts.timelines import start, warm

HOUR = timedelta(hours=1)


async def test_a_full_cache_forgets_what_was_used_least_recently() -> None:
    cache = MemoryCache(FixedClock(), max_bytes=1_000)
    await cache.fill_many({"a": b"x" * 100, "b": b"x" * 100, "c": b"x" * 100}, HOUR)
    await cache.get_many(["a"])
    await cache.fill_many({"d": b"x" * 100}, HOUR)
    assert set(await cache.get_many(["a", "b", "c", "d"])) == {"a", "c", "d"}


async def test_a_value_larger_than_the_cache_is_not_kept() -> None:
    cache = MemoryCache(FixedClock(), max_bytes=1_000)
    await cache.fill_many({"large": b"x" * 2_000}, HOUR)
    assert await cache.get_many(["large"]) == {}
    await cache.fill_many({"small": b"x"}, HOUR)
    assert await cache.get_many(["small"]) == {"small": b"x"}


async def test_filling_again_takes_no_space_and_deleting_frees_it() -> None:
    clock = FixedClock()
    cache = MemoryCache(clock, max_bytes=1_000)
    for _ in range(50):
        await cache.fill_many({"a": b"x" * 100, "b": b"x" * 100}, 2 * 50 * FENCE)
        await cache.delete_many(["b"])
        clock.advance(FENCE)
    await cache.fill_many({"b": b"x" * 100, "c": b"x" * 100}, HOUR)
    assert set(await cache.get_many(["a", "b", "c"])) == {"a", "b", "c"}


async def test_what_has_ended_makes_room_for_what_takes_its_place() -> None:
    clock = FixedClock()
    cache = MemoryCache(clock, max_bytes=1_000)
    for _ in range(50):
        await cache.fill_many({"a": b"x" * 100, "b": b"x" * 100, "c": b"x" * 100}, HOUR)
        clock.advance(HOUR)
    await cache.fill_many({"a": b"x" * 100, "b": b"x" * 100, "c": b"x" * 100}, HOUR)
    assert set(await cache.get_many(["a", "b", "c"])) == {"a", "b", "c"}


async def test_a_full_cache_forgets_no_deletion() -> None:
    cache = MemoryCache(FixedClock(), max_bytes=1_000)
    await cache.delete_many(["a"])
    for number in range(20):
        await cache.fill_many({f"other-{number}": b"x" * 100}, HOUR)
    await cache.fill_many({"a": b"old"}, HOUR)
    assert await cache.get_many(["a"]) == {}


async def test_a_deletion_is_forgotten_once_its_fence_is_over() -> None:
    clock = FixedClock()
    cache = MemoryCache(clock)
    gc.collect()
    tracemalloc.start()
    for number in range(3_000):
        await cache.delete_many([f"key-{number}"])
        clock.advance(FENCE / 10)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 100_000


async def test_a_value_lives_for_exactly_its_time() -> None:
    clock = FixedClock()
    cache = MemoryCache(clock)
    await cache.fill_many({"a": b"1"}, HOUR)
    clock.advance(HOUR - timedelta(microseconds=1))
    assert await cache.get_many(["a"]) == {"a": b"1"}
    clock.advance(timedelta(microseconds=1))
    assert await cache.get_many(["a"]) == {}


async def test_a_full_counter_cache_forgets_the_posts_asked_for_least_recently() -> None:
    counters = MemoryCounterCache(max_posts=3)
    posts = [PostId(n) for n in range(4)]
    await counters.put_many({post: Counts(version=1) for post in posts[:3]})
    await counters.get_many([posts[0]])
    await counters.put_many({posts[3]: Counts(version=1)})
    assert set(await counters.get_many(posts)) == {posts[0], posts[2], posts[3]}


async def test_beyond_the_bound_who_read_least_recently_goes_cold() -> None:
    timelines = MemoryTimelines(FixedClock(), max_timelines=2)
    first, second, third = (UserId(n) for n in range(3))
    for owner in (first, second):
        await warm(timelines, owner)
    await timelines.read(first)
    await timelines.start_warming(third)
    assert await timelines.read(first) is not None
    assert await timelines.read(second) is None


async def test_a_snapshot_with_a_floor_drops_what_was_pushed_below_it() -> None:
    timelines = MemoryTimelines(FixedClock())
    owner, author = UserId(1), UserId(2)
    low, high = Entry(PostId(10), author), Entry(PostId(30), author)
    warming = await start(timelines, owner)
    await timelines.push(low, [owner])
    await timelines.fill(owner, warming, [high], PostId(20))
    assert await timelines.read(owner) == Timeline([high], PostId(20))


async def test_a_timeline_nobody_reads_goes_cold() -> None:
    clock = FixedClock()
    timelines, owner = MemoryTimelines(clock), UserId(1)
    await warm(timelines, owner)
    clock.advance(timedelta(days=7))
    assert await timelines.read(owner) is None
    assert await timelines.start_warming(owner) is not None


async def test_the_limiter_forgets_first_who_has_most_points_left() -> None:
    limiter = MemoryRateLimiter(FixedClock(), max_keys=4)
    limit = Limit(10, HOUR)
    for number, cost in enumerate((10, 9, 1, 2, 1)):
        await limiter.hit(f"key-{number}", limit, cost)
    assert (await limiter.hit("key-0", limit)).allowed is False
    assert (await limiter.hit("key-1", limit)).remaining == 0


async def test_points_come_back_evenly() -> None:
    clock = FixedClock()
    limiter, limit = MemoryRateLimiter(clock), Limit(3, timedelta(minutes=1))
    await limiter.hit("key", limit, 3)
    refused = await limiter.hit("key", limit)
    assert (refused.allowed, refused.retry_after, refused.reset_after) == (False, 20.0, 60.0)
    clock.advance(timedelta(seconds=20, microseconds=-1))
    assert (await limiter.hit("key", limit)).allowed is False
    clock.advance(timedelta(microseconds=1))
    assert (await limiter.hit("key", limit)).allowed is True
    assert (await limiter.hit("key", limit)).allowed is False
    clock.advance(timedelta(minutes=5))
    assert (await limiter.hit("key", limit, 3)).remaining == 0


async def test_a_clock_set_back_locks_nobody_out_for_longer_than_a_period() -> None:
    clock = FixedClock()
    limiter, limit = MemoryRateLimiter(clock), Limit(5, timedelta(minutes=1))
    await limiter.hit("key", limit, 5)
    clock.advance(-timedelta(days=1))
    refused = await limiter.hit("key", limit)
    assert refused.allowed is False
    assert refused.reset_after <= 60
    clock.advance(timedelta(minutes=1))
    assert (await limiter.hit("key", limit, 5)).allowed is True


async def test_who_gave_everything_back_is_forgotten_before_who_owes() -> None:
    limiter, limit = MemoryRateLimiter(FixedClock(), max_keys=4), Limit(10, HOUR)
    await limiter.hit("kept", limit, 1)
    for number in range(20):
        await limiter.hit(f"key-{number}", limit, 5)
        await limiter.give_back(f"key-{number}", limit, 5)
    assert (await limiter.hit("kept", limit)).remaining == 8


async def test_points_are_given_back_on_top_of_those_that_came_back_by_themselves() -> None:
    clock = FixedClock()
    limiter, limit = MemoryRateLimiter(clock), Limit(4, timedelta(minutes=1))
    await limiter.hit("key", limit, 4)
    clock.advance(timedelta(seconds=15))
    await limiter.give_back("key", limit)
    assert (await limiter.hit("key", limit)).remaining == 1
    clock.advance(timedelta(minutes=5))
    await limiter.give_back("key", limit, 4)
    assert (await limiter.hit("key", limit)).remaining == 3


async def test_another_limit_under_the_same_key_starts_from_what_was_taken() -> None:
    limiter = MemoryRateLimiter(FixedClock())
    await limiter.hit("key", Limit(10, HOUR), 5)
    assert (await limiter.hit("key", Limit(20, HOUR), 1)).remaining == 9


async def test_trending_keeps_the_highest_scores() -> None:
    trending, make = MemoryTrending(FixedClock()), Builder()
    scopes = scopes_of("de", ["art"])
    posts = [make.ids.post() for _ in range(2 * KEPT + 1)]
    for number, post in enumerate(posts):
        likes = [Reaction(make.ids.like(), UserId(n)) for n in range(1 + number % 3)]
        await trending.add(Trendable(post, scopes), likes, Limits(actors=1, hourly=10**9))
    for scope in scopes:
        top = [trend.post_id for trend in await trending.top(scope, Window.TODAY, limit=10 * KEPT)]
        assert len(top) == KEPT
        assert top[0] == max(top[0], *(post for number, post in enumerate(posts) if number % 3 == 2))


async def test_trending_forgets_what_nobody_reacted_to_for_a_week() -> None:
    clock, make, limits = FixedClock(), Builder(), Limits(actors=2)
    trending, post = MemoryTrending(clock), Trendable(make.ids.post(), scopes_of("de", ["art"]))
    await trending.add(post, [Reaction(make.ids.like(), make.ids.user())], limits)
    clock.advance(LIFE_OF_TRENDS)
    await trending.add(Trendable(make.ids.post(), ()), [Reaction(make.ids.like(), make.ids.user())], limits)
    await trending.add(post, [Reaction(make.ids.like(), make.ids.user())], limits)
    for scope in post.scopes:
        assert [trend.post_id for trend in await trending.top(scope, Window.NOW, limit=2)] == [post.id]
    clock.advance(LIFE_OF_TRENDS + timedelta(seconds=1))
    await trending.add(Trendable(make.ids.post(), ()), [Reaction(make.ids.like(), make.ids.user())], limits)
    for scope in post.scopes:
        assert await trending.top(scope, Window.NOW, limit=2) == []
    await trending.add(post, [Reaction(make.ids.like(), make.ids.user())], limits)
    assert await trending.top(EVERYWHERE, Window.NOW, limit=2) == []


async def test_trending_numbers_the_reactions_of_an_hour_for_two_days() -> None:
    clock, make, limits = FixedClock(), Builder(FixedClock()), Limits(actors=1, hourly=1)
    trending, busy = MemoryTrending(clock), make.ids.user()

    async def reacted() -> int:
        post = Trendable(make.ids.post(), (EVERYWHERE,))
        await trending.add(post, [Reaction(make.ids.like(), busy)], limits)
        return len(await trending.top(EVERYWHERE, Window.NOW, limit=10))

    assert [await reacted(), await reacted()] == [1, 1]
    clock.advance(timedelta(hours=48, seconds=1))
    later = Reaction(Builder(clock).ids.like(), busy)
    await trending.add(Trendable(make.ids.post(), ()), [later], limits)
    assert await reacted() == 2


async def test_revocations_are_forgotten_after_an_hour_and_never_before() -> None:
    clock, make = FixedClock(), Builder()
    storage = MemoryStorage(clock)
    events = [make.ids.event() for _ in range(6)]
    for event in events:
        async with storage.uow() as tx:
            await tx.revocations.add(event, UserId(1), clock.advance(timedelta(minutes=20)))
    assert list(await storage.sessions.revoked_since(START)) == events[2:]


async def test_expired_sessions_of_a_user_go_when_the_user_signs_in_again() -> None:
    clock, make = FixedClock(), Builder()
    storage, user = MemoryStorage(clock), make.user()
    first = make.session(user)
    second = replace(make.session(user), created_at=first.expires_at)
    for session in (first, second):
        async with storage.uow() as tx:
            await tx.sessions.add(session)
    assert await storage.sessions.sessions_by_ids([first.id, second.id]) == {second.id: second}


async def test_the_mailer_keeps_the_last_thousand_mails() -> None:
    mailer = MemoryMailer()
    for number in range(1_005):
        await mailer.send(Mail("ada@example.org", f"Number {number}", "", ""))
    assert [mailer.sent[0].subject, mailer.sent[-1].subject, len(mailer.sent)] == ["Number 5", "Number 1004", 1_000]
