"""Rate limits: exact under concurrency.

Periods are a day long where a number is asserted, so that no point comes back while a test runs.
"""

import asyncio
from datetime import timedelta
from itertools import zip_longest

from socialfeed.application.ports.limits import Limit, RateLimiter
from socialfeed.testing.contracts.waiting import eventually

DAY = timedelta(days=1)


class RateLimiterContract:
    """Fixture: `limiter`, without any history for each test."""

    async def test_a_fresh_key_has_all_its_points(self, limiter: RateLimiter) -> None:
        limit = Limit(5, DAY)
        verdicts = [await limiter.hit("key", limit) for _ in range(7)]
        assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False] * 2
        assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0, 0]

    async def test_one_point_is_a_limit(self, limiter: RateLimiter) -> None:
        assert [(await limiter.hit("key", Limit(1, DAY))).allowed for _ in range(3)] == [True, False, False]

    async def test_who_is_allowed_need_not_retry(self, limiter: RateLimiter) -> None:
        verdict = await limiter.hit("key", Limit(5, DAY))
        assert verdict.retry_after == 0

    async def test_who_is_refused_hears_when_it_would_pass(self, limiter: RateLimiter) -> None:
        limit, point = Limit(4, DAY), DAY.total_seconds() / 4
        await limiter.hit("key", limit, 4)
        one, three = await limiter.hit("key", limit), await limiter.hit("key", limit, 3)
        assert 0 < one.retry_after <= point
        assert 2 * point < three.retry_after <= 3 * point
        assert 3 * point < three.reset_after <= 4 * point

    async def test_the_reset_is_as_far_as_what_was_taken(self, limiter: RateLimiter) -> None:
        limit, point = Limit(4, DAY), DAY.total_seconds() / 4
        for taken in (1, 2, 3):
            verdict = await limiter.hit("key", limit)
            assert (taken - 1) * point < verdict.reset_after <= taken * point

    async def test_a_cost_is_taken_whole_or_not_at_all(self, limiter: RateLimiter) -> None:
        limit = Limit(10, DAY)
        costs = [4, 7, 4, 3, 2, 1]
        verdicts = [await limiter.hit("key", limit, cost) for cost in costs]
        assert [verdict.allowed for verdict in verdicts] == [True, False, True, False, True, False]
        assert [verdict.remaining for verdict in verdicts] == [6, 6, 2, 2, 0, 0]

    async def test_the_whole_limit_can_be_taken_at_once(self, limiter: RateLimiter) -> None:
        assert await allowed(limiter, "key", Limit(1_500, DAY), 1_500) is True
        assert await allowed(limiter, "key", Limit(1_500, DAY), 1) is False

    async def test_a_cost_above_the_limit_never_passes_and_takes_nothing(self, limiter: RateLimiter) -> None:
        limit = Limit(10, DAY)
        assert await allowed(limiter, "key", limit, 11) is False
        assert await allowed(limiter, "key", limit, 1_000_000) is False
        assert await allowed(limiter, "key", limit, 10) is True

    async def test_keys_are_limited_apart(self, limiter: RateLimiter) -> None:
        limit = Limit(1, DAY)
        keys = ["login:ip:203.0.113.7", "login:ip:2001:db8::/64", "login:account:ada", "LOGIN:ACCOUNT:ADA"]
        assert [await allowed(limiter, key, limit) for key in keys] == [True] * 4
        assert [await allowed(limiter, key, limit) for key in keys] == [False] * 4

    async def test_of_many_simultaneous_hits_exactly_the_limit_pass(self, limiter: RateLimiter) -> None:
        for points in (1, 7, 60):
            key, limit = f"points-{points}", Limit(points, DAY)
            results = await asyncio.gather(*(allowed(limiter, key, limit) for _ in range(100)))
            assert sum(results) == points

    async def test_simultaneous_costs_never_exceed_the_limit(self, limiter: RateLimiter) -> None:
        limit = Limit(100, DAY)
        results = await asyncio.gather(*(allowed(limiter, "key", limit, 3) for _ in range(60)))
        assert sum(results) == 33
        assert await allowed(limiter, "key", limit, 2) is False
        assert await allowed(limiter, "key", limit, 1) is True
        assert await allowed(limiter, "key", limit, 1) is False

    async def test_limits_that_divide_badly_are_exact_too(self, limiter: RateLimiter) -> None:
        for points in (3, 7, 11, 299, 1_499):
            key, limit = f"points-{points}", Limit(points, timedelta(days=1, microseconds=1))
            assert await allowed(limiter, key, limit, points - 1) is True
            assert await allowed(limiter, key, limit, 1) is True
            assert await allowed(limiter, key, limit, 1) is False

    async def test_points_given_back_can_be_taken_again(self, limiter: RateLimiter) -> None:
        limit = Limit(5, DAY)
        assert await allowed(limiter, "key", limit, 5) is True
        await limiter.give_back("key", limit, 2)
        await limiter.give_back("key", limit)
        verdicts = [await limiter.hit("key", limit, cost) for cost in (4, 2, 1, 1)]
        assert [verdict.allowed for verdict in verdicts] == [False, True, True, False]
        assert [verdict.remaining for verdict in verdicts] == [3, 1, 0, 0]

    async def test_who_gives_everything_back_every_time_is_never_refused(self, limiter: RateLimiter) -> None:
        limit = Limit(3, DAY)
        for _ in range(10):
            assert (await limiter.hit("key", limit)).remaining == 2
            await limiter.give_back("key", limit)

    async def test_no_more_is_given_back_than_is_owed(self, limiter: RateLimiter) -> None:
        limit = Limit(5, DAY)
        await limiter.give_back("fresh", limit, 3)
        assert await allowed(limiter, "taken", limit, 2) is True
        await limiter.give_back("taken", limit, 4)
        await limiter.give_back("taken", limit)
        for key in ("fresh", "taken"):
            assert await allowed(limiter, key, limit, 6) is False
            assert [await allowed(limiter, key, limit, cost) for cost in (5, 1)] == [True, False]

    async def test_points_are_given_back_to_their_key_only(self, limiter: RateLimiter) -> None:
        limit = Limit(1, DAY)
        assert [await allowed(limiter, key, limit) for key in ("one", "two")] == [True, True]
        await limiter.give_back("one", limit)
        assert [await allowed(limiter, key, limit) for key in ("one", "two")] == [True, False]

    async def test_simultaneous_hits_and_returns_keep_the_exact_count(self, limiter: RateLimiter) -> None:
        limit = Limit(100, DAY)
        assert await allowed(limiter, "key", limit, 50) is True
        hits = [allowed(limiter, "key", limit) for _ in range(30)]
        returns = [limiter.give_back("key", limit) for _ in range(20)]
        mixed = [each for pair in zip_longest(hits, returns) for each in pair if each is not None]
        assert (await asyncio.gather(*mixed)).count(True) == 30
        assert (await limiter.hit("key", limit, 40)).remaining == 0
        assert await allowed(limiter, "key", limit) is False

    async def test_points_come_back(self, limiter: RateLimiter) -> None:
        limit = Limit(2, timedelta(milliseconds=200))
        assert await allowed(limiter, "key", limit, 2) is True

        async def passes() -> bool:
            return await allowed(limiter, "key", limit, 2)

        await eventually(passes)


async def allowed(limiter: RateLimiter, key: str, limit: Limit, cost: int = 1) -> bool:
    return (await limiter.hit(key, limit, cost)).allowed
