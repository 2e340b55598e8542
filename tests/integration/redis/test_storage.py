"""What lies in the server: its life, its size, its slots."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from redis import Redis

from socialfeed.adapters.redis import RedisStore, timelines, trending
from socialfeed.adapters.redis.counters import LIFE as COUNTERS_LIFE
from socialfeed.adapters.redis.link import Link, Script
from socialfeed.adapters.redis.multiplexed import Command
from socialfeed.application.ports.cache import FENCE
from socialfeed.application.ports.limits import Limit
from socialfeed.application.ports.timelines import KEPT, Entry, Timeline
from socialfeed.domain.engagement import Counts
from socialfeed.domain.ids import Kind, UserId
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import scopes_of
from socialfeed.testing import Builder
from socialfeed.testing.contracts.cache import HOUR
from socialfeed.testing.contracts.timelines import start
from socialfeed.testing.contracts.trending import Saying
from socialfeed.testing.contracts.waiting import eventually

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
DAY = 24 * 3600


@pytest.fixture
def make() -> Builder:
    return Builder()


async def warm_timeline(store: RedisStore, owner: UserId) -> None:
    await store.timelines.fill(owner, await start(store.timelines, owner), [], None)


def key_of(client: Redis, prefix: str, owner: UserId) -> bytes:
    """Of the owner's timeline, which is there."""
    [key] = client.keys(f"{prefix}h2:{{*}}:{owner}")
    return cast(bytes, key)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[Command]:
    """The scripts that are called, with their arguments."""
    seen: list[Command] = []
    run_scripts = Link.run_scripts

    async def spied(link: Link, script: Script, calls: Sequence[Command]) -> list[Any]:
        seen.extend(calls)
        return await run_scripts(link, script, calls)

    monkeypatch.setattr(Link, "run_scripts", spied)
    return seen


async def test_a_timeline_lives_for_a_week_from_its_last_read_and_no_push_prolongs_it(
    store: RedisStore, client: Redis, redis_prefix: str, make: Builder
) -> None:
    owner = make.ids.user()
    warming = await start(store.timelines, owner)
    key = key_of(client, redis_prefix, owner)
    assert 0 < ttl(client, key) <= 30
    await store.timelines.read(owner)
    assert 0 < ttl(client, key) <= 30
    await store.timelines.fill(owner, warming, [], None)
    assert ttl(client, key) >= 7 * DAY
    client.expire(key, 1000)
    await store.timelines.push(Entry(make.ids.post(), make.ids.user()), [owner])
    assert ttl(client, key) <= 1000
    await store.timelines.read(owner)
    assert ttl(client, key) >= 7 * DAY


async def test_a_timeline_never_grows_far_beyond_what_is_kept_and_cutting_keeps_its_life(
    store: RedisStore, client: Redis, redis_prefix: str, make: Builder
) -> None:
    owner, author = make.ids.user(), make.ids.user()
    await warm_timeline(store, owner)
    key = key_of(client, redis_prefix, owner)
    client.expire(key, 1000)
    longest = 0
    for _ in range(KEPT + 3 * timelines.SLACK):
        await store.timelines.push(Entry(make.ids.post(), author), [owner])
        longest = max(longest, client.llen(key))
    assert KEPT < longest <= 1 + KEPT + timelines.SLACK
    assert 0 < ttl(client, key) <= 1000


async def test_a_timeline_takes_at_most_22_bytes_an_entry_and_9_kilobytes_before_it_is_cut(
    store: RedisStore, client: Redis, redis_prefix: str, make: Builder
) -> None:
    owner, author = make.ids.user(), make.ids.user()
    entries = [Entry(make.ids.post(), author) for _ in range(KEPT + timelines.SLACK)]
    await store.timelines.fill(owner, await start(store.timelines, owner), entries[:KEPT], None)
    key = key_of(client, redis_prefix, owner)
    assert cast(int, client.memory_usage(key)) <= 22 * KEPT
    for entry in entries[KEPT:]:
        await store.timelines.push(entry, [owner])
    assert client.llen(key) == timelines.LONGEST
    assert cast(int, client.memory_usage(key)) <= 9 * 1024


@pytest.mark.parametrize("jumbled", [1, 7])
async def test_a_timeline_that_came_in_nearly_the_right_order_is_cut_where_it_lies(
    store: RedisStore, client: Redis, redis_prefix: str, make: Builder, called: list[Command], jumbled: int
) -> None:
    owner, author = make.ids.user(), make.ids.user()
    warming = await start(store.timelines, owner)
    entries = [Entry(make.ids.post(), author) for _ in range(KEPT + 350)]
    await store.timelines.fill(owner, warming, entries[:KEPT][::-1], None)
    key = key_of(client, redis_prefix, owner)
    called.clear()
    for n in range(KEPT, len(entries), jumbled):
        for entry in (*entries[n : n + jumbled][::-1], entries[n]):
            await store.timelines.push(entry, [owner])
        done = min(n + jumbled, len(entries))
        timeline = await store.timelines.read(owner)
        assert timeline == Timeline(entries[done - KEPT : done][::-1], entries[done - KEPT].id)
    assert {call[1] for call in called} == {timelines._PUSH.sha}
    assert KEPT < client.llen(key) <= timelines.LONGEST
    client.expire(key, 1000)
    while client.llen(key) > 1 + KEPT:
        await store.timelines.push(entries[-1], [owner])
    assert 0 < ttl(client, key) <= 1000


async def test_a_cut_that_was_lost_is_made_up_for(
    store: RedisStore, client: Redis, redis_prefix: str, make: Builder
) -> None:
    owner, author = make.ids.user(), make.ids.user()
    await warm_timeline(store, owner)
    entries = [Entry(make.ids.post(), author) for _ in range(timelines.LONGEST + 40)]
    key = key_of(client, redis_prefix, owner)
    client.rpush(key, *(timelines._ENTRY.pack(*entry) for entry in entries[-20::-1]))
    for entry in entries[-20:]:
        await store.timelines.push(entry, [owner])
    assert client.llen(key) <= timelines.LONGEST
    timeline = await store.timelines.read(owner)
    assert timeline == Timeline(entries[: -KEPT - 1 : -1], entries[-KEPT].id)


async def test_pushes_at_once_go_to_every_owner_by_a_few_scripts_that_keep_to_one_slot_each(
    store: RedisStore,
    client: Redis,
    redis_prefix: str,
    make: Builder,
    called: list[Command],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timelines, "OWNERS_AT_ONCE", 150)
    owners = [make.ids.user() for _ in range(400)]
    for owner in owners:
        await warm_timeline(store, owner)
    entry = Entry(make.ids.post(), make.ids.user())
    called.clear()
    await store.timelines.push(entry, owners)
    assert len(called) <= 3 * timelines.GROUPS
    for owner in owners:
        assert await store.timelines.read(owner) == Timeline([entry], None)
    keys = {key: client.llen(key) for key in client.scan_iter(match=f"{redis_prefix}h2:*")}
    assert list(keys.values()) == [2] * len(owners)
    tags = {key.partition(b"{")[2].partition(b"}")[0] for key in keys}
    assert tags == {str(number).encode() for number in range(timelines.GROUPS)}


async def test_pushes_that_come_while_a_timeline_is_cut_down_are_kept(store: RedisStore, make: Builder) -> None:
    owner, author = make.ids.user(), make.ids.user()
    await warm_timeline(store, owner)
    entries = [Entry(make.ids.post(), author) for _ in range(KEPT + 4 * timelines.SLACK)]
    await asyncio.gather(*(store.timelines.push(entry, [owner]) for entry in entries))
    timeline = await store.timelines.read(owner)
    assert timeline is not None
    assert list(timeline.entries) == entries[: -KEPT - 1 : -1]


async def test_what_is_no_timeline_is_cold(store: RedisStore, client: Redis, redis_prefix: str, make: Builder) -> None:
    owner = make.ids.user()
    await warm_timeline(store, owner)
    key = key_of(client, redis_prefix, owner)
    client.delete(key)
    client.rpush(key, b"of another version")
    assert await store.timelines.read(owner) is None


async def test_counters_are_forgotten_after_a_minute(
    store: RedisStore, redis_server: str, redis_prefix: str, make: Builder
) -> None:
    post = make.ids.post()
    await store.counters.put_many({post: Counts(1, 2, 3, 4)})
    with Redis.from_url(redis_server, db=3) as client:
        assert 0 < ttl(client, f"{redis_prefix}n:{{{post}}}") <= COUNTERS_LIFE


async def test_a_deletion_keeps_fillers_out_for_30_seconds(
    store: RedisStore, redis_server: str, redis_prefix: str
) -> None:
    await store.cache.fill_many({"key": b"old"}, HOUR)
    await store.cache.delete_many(["key"])
    with Redis.from_url(redis_server, db=1) as client:
        key = f"{redis_prefix}c:key"
        assert client.get(key) == b""
        assert FENCE.total_seconds() - 10 < ttl(client, key) <= FENCE.total_seconds()
        client.pexpire(key, 1)

    async def filled_again() -> bool:
        await store.cache.fill_many({"key": b"new"}, HOUR)
        return await store.cache.get_many(["key"]) == {"key": b"new"}

    await eventually(filled_again)


@pytest.mark.parametrize("lost", [("at", "keys"), ("at",), ("keys",)])
async def test_deletions_that_were_lost_may_have_been_any_and_those_after_them_are_listed(
    lost: tuple[str, ...], store: RedisStore, redis_server: str, redis_prefix: str
) -> None:
    before = (await store.cache.deletions(None)).position
    await store.cache.delete_many(["first"])
    with Redis.from_url(redis_server, db=1) as client:
        client.delete(*(f"{redis_prefix}d:{{d}}:{name}" for name in lost))
    await store.cache.delete_many(["second"])
    now = await store.cache.deletions(before)
    assert now.keys is None
    await store.cache.delete_many(["third"])
    assert (await store.cache.deletions(now.position)).keys == ["third"]


async def test_a_limit_is_forgotten_when_all_is_given_back(store: RedisStore, client: Redis, redis_prefix: str) -> None:
    limit, key = Limit(10, timedelta(seconds=100)), f"{redis_prefix}l:{{key}}"
    await store.limiter.hit("key", limit, 3)
    await store.limiter.give_back("key", limit, 2)
    assert 5 <= ttl(client, key) <= 10
    await store.limiter.give_back("key", limit)
    assert not client.exists(key)
    await store.limiter.give_back("key", limit)
    assert not client.exists(key)


async def test_a_limit_is_forgotten_when_nothing_is_owed(store: RedisStore, client: Redis, redis_prefix: str) -> None:
    await store.limiter.hit("key", Limit(10, timedelta(seconds=100)), 3)
    assert 25 <= ttl(client, f"{redis_prefix}l:{{key}}") <= 30


async def test_a_limit_survives_a_clock_that_is_set_back(store: RedisStore, client: Redis, redis_prefix: str) -> None:
    limit = Limit(10, timedelta(seconds=100))
    await store.limiter.hit("key", limit, 4)
    key = f"{redis_prefix}l:{{key}}"
    moment, owed = cast(bytes, client.get(key)).split()
    client.set(key, b"%d %s" % (int(moment) + 90_000_000, owed))
    verdict = await store.limiter.hit("key", limit, 1)
    assert verdict.remaining == 5


async def test_a_limit_that_was_lowered_is_paid_off_within_its_period(store: RedisStore) -> None:
    await store.limiter.hit("key", Limit(1_000, timedelta(hours=1)), 1_000)
    verdict = await store.limiter.hit("key", Limit(10, timedelta(hours=1)), 1)
    assert not verdict.allowed
    assert verdict.reset_after <= 3600


async def test_trending_keeps_only_the_highest(
    store: RedisStore, client: Redis, redis_prefix: str, make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trending, "KEPT", 10)
    monkeypatch.setattr(trending, "SLACK", 5)
    say = Saying(store.trending)
    posts = [make.ids.post() for _ in range(40)]
    for age, post in enumerate(posts):
        await say.that(post, Kind.LIKE, at=NOW - timedelta(hours=age))
        for window in Window:
            assert client.zcard(f"{redis_prefix}t:{{t}}:{window}:all") <= 15
    assert await say.top(limit=40) == posts[:10]


async def test_what_nobody_reacts_to_is_forgotten_after_a_week(
    store: RedisStore, client: Redis, redis_server: str, redis_prefix: str, make: Builder
) -> None:
    say, post = Saying(store.trending), make.ids.post()
    await say.that(post, Kind.LIKE, scopes=scopes_of("de", ["art"]))
    keys = keys_of(redis_server, 0, redis_prefix)
    [hour] = [key for key in keys if ":hour:" in key]
    assert DAY < ttl(client, hour) <= 2 * DAY
    others = set(keys) - {hour}
    assert len(others) == 1 + 3 * len(Window)
    for key in others:
        assert 6 * DAY < ttl(client, key) <= 7 * DAY
        client.expire(key, 1_000)
    await say.that(post, Kind.LIKE, scopes=scopes_of("de", ["art"]))
    assert all(ttl(client, key) > 6 * DAY for key in others)


async def test_only_what_trends_is_forgotten_when_all_of_it_is(
    store: RedisStore, redis_server: str, redis_prefix: str, make: Builder
) -> None:
    say = Saying(store.trending)
    await warm_timeline(store, make.ids.user())
    for n in range(trending.SCANNED // 500):
        await say.that(make.ids.post(), Kind.LIKE, scopes=scopes_of(None, [f"tag {n}"]))
    await store.trending.clear()
    assert len(keys_of(redis_server, 0, redis_prefix)) == 1


async def test_keys_that_are_used_together_lie_in_one_slot(
    store: RedisStore, redis_server: str, redis_prefix: str, make: Builder
) -> None:
    """On a cluster, a script may touch the keys of one slot only: that of what stands between the first braces."""
    owner = make.ids.user()
    await warm_timeline(store, owner)
    await store.limiter.hit("key", Limit(10, HOUR))
    await store.counters.put_many({make.ids.post(): Counts(1, 1, 1, 1)})
    await Saying(store.trending).that(make.ids.post(), Kind.LIKE, scopes=scopes_of("de", ["{art}"]))
    await store.cache.delete_many(["key"])
    with Redis.from_url(redis_server, db=1) as client:
        client.delete(f"{redis_prefix}c:key")
    keys = [key for database in (0, 1, 3) for key in keys_of(redis_server, database, redis_prefix)]
    assert len(keys) == 1 + 1 + 1 + 1 + 1 + 3 * len(Window) + 2
    tags = [re.search(r"\{([^}]+)\}", key.removeprefix(redis_prefix)) for key in keys]
    assert all(tags)
    trending_keys = [key for key in keys if key.startswith(f"{redis_prefix}t:")]
    assert len(trending_keys) == 3 * len(Window) + 2
    assert all(key.startswith(f"{redis_prefix}t:{{t}}:") for key in trending_keys)
    assert {key for key in keys if ":{d}:" in key} == {f"{redis_prefix}d:{{d}}:{name}" for name in ("at", "keys")}


def keys_of(server: str, database: int, prefix: str) -> list[str]:
    with Redis.from_url(server, db=database, decode_responses=True) as client:
        return list(client.scan_iter(match=f"{prefix}*"))


def ttl(client: Redis, key: str | bytes) -> int:
    return client.ttl(key)
