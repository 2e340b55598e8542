"""Caches: may forget anything, never remember anything wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from socialfeed.application.ports.cache import DELETIONS, FENCE, Cache, CounterCache
from socialfeed.domain.engagement import Counts
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.waiting import eventually

HOUR = timedelta(hours=1)


class CacheContract:
    """Fixture: `cache`, empty for each test and with room for a thousand small values."""

    async def test_what_was_never_filled_in_is_left_out(self, cache: Cache) -> None:
        await cache.fill_many({"there": b"1"}, HOUR)
        assert await cache.get_many(["missing", "there", "missing", "there"]) == {"there": b"1"}
        assert await cache.get_many(["missing"]) == {}

    async def test_no_keys_are_no_work(self, cache: Cache) -> None:
        await cache.fill_many({}, HOUR)
        await cache.delete_many([])
        assert await cache.get_many([]) == {}

    async def test_any_bytes_are_kept_as_they_are(self, cache: Cache) -> None:
        values = {"zero": b"\0", "binary": bytes(range(256)) * 40, "text": "é\n\0".encode()}
        await cache.fill_many(values, HOUR)
        assert await cache.get_many(list(values)) == values

    async def test_any_printable_key_of_two_hundred_characters_will_do(self, cache: Cache) -> None:
        printable = "".join(map(chr, range(0x21, 0x7F)))
        values = {printable: b"1", printable.swapcase(): b"2", "k" * 200: b"3", "k" * 199: b"4", "{k}": b"5", "k": b"6"}
        await cache.fill_many(values, HOUR)
        assert await cache.get_many(list(values)) == values

    async def test_what_is_there_stays_as_it_is(self, cache: Cache) -> None:
        await cache.fill_many({"a": b"first"}, HOUR)
        await cache.fill_many({"a": b"second", "b": b"beside it"}, HOUR)
        assert await cache.get_many(["a", "b"]) == {"a": b"first", "b": b"beside it"}

    async def test_what_is_deleted_is_gone(self, cache: Cache) -> None:
        await cache.fill_many({"a": b"1", "b": b"2", "c": b"3"}, HOUR)
        await cache.delete_many(["a", "c", "never-there"])
        await cache.delete_many(["a"])
        assert await cache.get_many(["a", "b", "c"]) == {"b": b"2"}

    async def test_what_was_read_before_a_deletion_and_filled_in_after_it_does_not_appear(self, cache: Cache) -> None:
        await cache.fill_many({"a": b"old", "b": b"old"}, HOUR)
        await cache.delete_many(["a", "never-there"])
        await cache.fill_many({"a": b"old", "b": b"older", "never-there": b"old", "c": b"new"}, HOUR)
        assert await cache.get_many(["a", "b", "never-there", "c"]) == {"b": b"old", "c": b"new"}
        await cache.delete_many(["a"])
        await cache.fill_many({"a": b"old"}, HOUR)
        assert await cache.get_many(["a"]) == {}

    async def test_no_simultaneous_filler_gets_past_a_deletion(self, cache: Cache) -> None:
        async def fill() -> None:
            await cache.fill_many({"hot": b"old"}, HOUR)

        await asyncio.gather(*(fill() for _ in range(10)), cache.delete_many(["hot"]), *(fill() for _ in range(10)))
        assert await cache.get_many(["hot"]) == {}

    async def test_a_value_ends_with_its_life(self, cache: Cache) -> None:
        await cache.fill_many({"long": b"1"}, HOUR)
        await cache.fill_many({"short": b"2"}, timedelta(milliseconds=40))
        await eventually(is_gone(cache, "short"))
        assert await cache.get_many(["long"]) == {"long": b"1"}

    async def test_what_has_ended_can_be_filled_in_again(self, cache: Cache) -> None:
        await cache.fill_many({"a": b"1"}, timedelta(milliseconds=40))
        await eventually(is_gone(cache, "a"))
        await cache.fill_many({"a": b"2"}, HOUR)
        assert await cache.get_many(["a"]) == {"a": b"2"}

    async def test_filling_again_does_not_change_a_life(self, cache: Cache) -> None:
        await cache.fill_many({"long": b"1"}, HOUR)
        await cache.fill_many({"long": b"2", "short": b"3"}, timedelta(milliseconds=40))
        await eventually(is_gone(cache, "short"))
        assert await cache.get_many(["long"]) == {"long": b"1"}

    async def test_a_thousand_values_go_at_once(self, cache: Cache) -> None:
        values = {f"key:{n}": str(n).encode() for n in range(1_000)}
        await cache.fill_many(values, HOUR)
        assert await cache.get_many(list(values)) == values
        await cache.delete_many(list(values))
        assert await cache.get_many(list(values)) == {}

    async def test_simultaneous_fillers_leave_one_of_their_values(self, cache: Cache) -> None:
        read = [str(n).encode() * 100 for n in range(20)]
        await asyncio.gather(*(cache.fill_many({"hot": value}, HOUR) for value in read))
        assert (await cache.get_many(["hot"]))["hot"] in read

    async def test_a_deletion_is_listed_to_whoever_read_before_it(self, cache: Cache) -> None:
        before = await cache.deletions(None)
        assert before.keys is None
        await cache.delete_many(["a", "never-there"])
        between = await cache.deletions(before.position)
        await cache.delete_many(["b"])
        after = await cache.deletions(before.position)
        assert (set(between.keys or ()), set(after.keys or ())) == ({"a", "never-there"}, {"a", "never-there", "b"})
        assert await cache.deletions(between.position) == (after.position, ["b"])

    async def test_where_nothing_is_deleted_the_position_stays(self, cache: Cache) -> None:
        position = (await cache.deletions(None)).position
        await cache.fill_many({"a": b"1"}, HOUR)
        await cache.get_many(["a", "b"])
        await cache.delete_many([])
        now = await cache.deletions(position)
        assert (now.position, list(now.keys or ())) == (position, [])
        assert (await cache.deletions(None)).position == position

    async def test_of_very_many_deletions_nobody_knows_which(self, cache: Cache) -> None:
        first = (await cache.deletions(None)).position
        await cache.delete_many(["the first"])
        second = (await cache.deletions(first)).position
        rest = [f"key:{n}" for n in range(DELETIONS)]
        await cache.delete_many(rest)
        listed = await cache.deletions(second)
        assert sorted(listed.keys or ()) == sorted(rest)
        unknown = await cache.deletions(first)
        assert unknown == (listed.position, None)

    async def test_every_simultaneous_deletion_is_listed(self, cache: Cache) -> None:
        position = (await cache.deletions(None)).position
        await asyncio.gather(*(cache.delete_many([f"{n}", f"{n} again"]) for n in range(50)))
        listed = await cache.deletions(position)
        assert len(listed.keys or ()) == 100
        assert set(listed.keys or ()) == {key for n in range(50) for key in (f"{n}", f"{n} again")}

    async def test_a_flush_forgets_every_value_and_is_no_end_of_caching(self, cache: Cache) -> None:
        await cache.fill_many({f"key:{n}": b"1" for n in range(300)}, HOUR)
        assert await cache.flush() == 300
        assert await cache.get_many([f"key:{n}" for n in range(300)]) == {}
        assert await cache.flush() == 0
        await cache.fill_many({"key:1": b"2"}, HOUR)
        assert await cache.get_many(["key:1"]) == {"key:1": b"2"}

    async def test_a_flush_lets_nothing_back_in_that_was_deleted(self, cache: Cache) -> None:
        await cache.fill_many({"a": b"old", "b": b"old"}, HOUR)
        await cache.delete_many(["a"])
        await cache.flush()
        await cache.fill_many({"a": b"old", "b": b"new"}, HOUR)
        assert await cache.get_many(["a", "b"]) == {"b": b"new"}

    async def test_after_a_flush_nobody_trusts_a_copy(self, cache: Cache) -> None:
        before = (await cache.deletions(None)).position
        await cache.flush()
        after = await cache.deletions(before)
        assert after.keys is None
        await cache.delete_many(["a"])
        assert (await cache.deletions(after.position)).keys == ["a"]


class CacheTimeContract:
    """For adapters that ask the clock they were opened with. Fixtures: `cache` and `clock`, that clock."""

    async def test_a_deletion_keeps_fillers_out_for_as_long_as_its_fence_stands(
        self, cache: Cache, clock: FixedClock
    ) -> None:
        await cache.fill_many({"a": b"old", "b": b"old"}, HOUR)
        await cache.delete_many(["b", "a"])
        clock.advance(FENCE / 2)
        await cache.delete_many(["b"])
        clock.advance(FENCE / 2 - timedelta(milliseconds=1))
        await cache.fill_many({"a": b"old"}, HOUR)
        assert await cache.get_many(["a"]) == {}
        clock.advance(timedelta(milliseconds=2))
        await cache.fill_many({"a": b"new", "b": b"old"}, HOUR)
        assert await cache.get_many(["a", "b"]) == {"a": b"new"}
        clock.advance(FENCE / 2)
        await cache.fill_many({"b": b"new"}, HOUR)
        assert await cache.get_many(["a", "b"]) == {"a": b"new", "b": b"new"}

    async def test_filling_again_does_not_prolong_a_life(self, cache: Cache, clock: FixedClock) -> None:
        await cache.fill_many({"a": b"1"}, timedelta(minutes=2))
        clock.advance(timedelta(minutes=1))
        await cache.fill_many({"a": b"1"}, HOUR)
        clock.advance(timedelta(minutes=1))
        assert await cache.get_many(["a"]) == {}


def is_gone(cache: Cache, key: str) -> Callable[[], Awaitable[bool]]:
    async def gone() -> bool:
        return await cache.get_many([key]) == {}

    return gone


class CounterCacheContract:
    """Fixture: `counters`, empty for each test and with room for a thousand posts."""

    async def test_what_is_not_known_is_left_out(self, counters: CounterCache) -> None:
        make = Builder()
        known, unknown = make.ids.post(), make.ids.post()
        await counters.put_many({known: Counts(3, 2, 1, 9)})
        assert await counters.get_many([unknown, known, known]) == {known: Counts(3, 2, 1, 9)}
        assert await counters.get_many([]) == {}

    async def test_counts_of_zero_are_known(self, counters: CounterCache) -> None:
        post = Builder().ids.post()
        await counters.put_many({post: Counts()})
        assert await counters.get_many([post]) == {post: Counts(0, 0, 0, 0)}

    async def test_a_newer_version_replaces(self, counters: CounterCache) -> None:
        post = Builder().ids.post()
        await counters.put_many({post: Counts(5, 5, 5, 9)})
        await counters.put_many({post: Counts(4, 0, 5, 10)})
        assert await counters.get_many([post]) == {post: Counts(4, 0, 5, 10)}

    async def test_a_flush_forgets_all_of_them(self, counters: CounterCache) -> None:
        make = Builder()
        posts = [make.ids.post() for _ in range(300)]
        await counters.put_many(dict.fromkeys(posts, Counts(3, 2, 1, 9)))
        assert await counters.flush() == 300
        assert await counters.get_many(posts) == {}
        await counters.put_many({posts[0]: Counts(1, 0, 0, 8)})
        assert await counters.get_many(posts) == {posts[0]: Counts(1, 0, 0, 8)}

    async def test_an_older_version_never_replaces(self, counters: CounterCache) -> None:
        make = Builder()
        behind, ahead = make.ids.post(), make.ids.post()
        await counters.put_many({behind: Counts(5, 0, 0, 10), ahead: Counts(5, 0, 0, 10)})
        await counters.put_many({behind: Counts(6, 1, 1, 9), ahead: Counts(6, 1, 1, 11)})
        assert await counters.get_many([behind, ahead]) == {behind: Counts(5, 0, 0, 10), ahead: Counts(6, 1, 1, 11)}

    async def test_versions_are_compared_as_numbers_of_any_size(self, counters: CounterCache) -> None:
        make = Builder()
        decimal, huge = make.ids.post(), make.ids.post()
        await counters.put_many({decimal: Counts(1, 1, 1, 9), huge: Counts(1, 1, 1, 2**53)})
        await counters.put_many({decimal: Counts(2, 2, 2, 10), huge: Counts(2, 2, 2, 2**53 + 1)})
        await counters.put_many({decimal: Counts(3, 3, 3, 9), huge: Counts(3, 3, 3, 2**53)})
        assert await counters.get_many([decimal, huge]) == {
            decimal: Counts(2, 2, 2, 10),
            huge: Counts(2, 2, 2, 2**53 + 1),
        }

    async def test_of_simultaneous_writers_the_newest_wins(self, counters: CounterCache) -> None:
        post = Builder().ids.post()
        versions = [(n * 37) % 100 for n in range(100)]
        await asyncio.gather(*(counters.put_many({post: Counts(v, v, v, v)}) for v in versions))
        assert await counters.get_many([post]) == {post: Counts(99, 99, 99, 99)}

    async def test_a_thousand_posts_go_at_once(self, counters: CounterCache) -> None:
        make = Builder()
        counts = {make.ids.post(): Counts(n, n + 1, n + 2, n) for n in range(1_000)}
        await counters.put_many({})
        await counters.put_many(counts)
        assert await counters.get_many(list(counts)) == counts
