"""Trending: forward decay that an unlike undoes exactly."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from socialfeed.application.ports.trending import Trending
from socialfeed.domain.ranking import COMMENT, EPOCH_LENGTH, HALF_LIFE, LIKE, SHARE
from socialfeed.testing.builders import Builder

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


class TrendingContract:
    """Fixture: `trending`, fresh and empty for each test."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    async def test_nothing_trends_at_first(self, trending: Trending) -> None:
        assert list(await trending.top(limit=10, at=NOW)) == []

    async def test_the_highest_score_comes_first(self, trending: Trending, make: Builder) -> None:
        liked, shared, commented = (make.ids.post() for _ in range(3))
        await trending.add(make.ids.event(), liked, LIKE, NOW)
        await trending.add(make.ids.event(), shared, SHARE, NOW)
        await trending.add(make.ids.event(), commented, COMMENT, NOW)
        assert list(await trending.top(limit=10, at=NOW)) == [shared, commented, liked]
        assert list(await trending.top(limit=2, at=NOW)) == [shared, commented]

    async def test_reactions_add_up(self, trending: Trending, make: Builder) -> None:
        often, once = make.ids.post(), make.ids.post()
        await trending.add(make.ids.event(), once, SHARE, NOW)
        for _ in range(4):
            await trending.add(make.ids.event(), often, LIKE, NOW)
        assert list(await trending.top(limit=10, at=NOW)) == [often, once]

    async def test_equal_scores_come_newest_post_first(self, trending: Trending, make: Builder) -> None:
        posts = [make.ids.post() for _ in range(12)]
        for number in (3, 11, 0, 7, 5, 9, 1, 10, 2, 8, 4, 6):
            await trending.add(make.ids.event(), posts[number], LIKE, NOW)
        assert list(await trending.top(limit=20, at=NOW)) == posts[::-1]
        assert list(await trending.top(limit=5, at=NOW)) == posts[:-6:-1]

    async def test_a_reaction_weighs_half_after_a_half_life(self, trending: Trending, make: Builder) -> None:
        three_old, one_new, one_old = (make.ids.post() for _ in range(3))
        await trending.add(make.ids.event(), one_new, LIKE, NOW)
        await trending.add(make.ids.event(), one_old, LIKE, NOW - HALF_LIFE)
        for _ in range(3):
            await trending.add(make.ids.event(), three_old, LIKE, NOW - HALF_LIFE)
        assert list(await trending.top(limit=10, at=NOW)) == [three_old, one_new, one_old]

    async def test_a_redelivered_reaction_counts_once(self, trending: Trending, make: Builder) -> None:
        once, twice, event = make.ids.post(), make.ids.post(), make.ids.event()
        await asyncio.gather(*(trending.add(event, once, LIKE, NOW) for _ in range(30)))
        for _ in range(2):
            await trending.add(make.ids.event(), twice, LIKE, NOW)
        assert list(await trending.top(limit=10, at=NOW)) == [twice, once]

    async def test_a_reaction_taken_back_leaves_no_trace(self, trending: Trending, make: Builder) -> None:
        taken, kept = make.ids.post(), make.ids.post()
        at = NOW - timedelta(hours=5, microseconds=123_457)
        await trending.add(make.ids.event(), kept, LIKE, NOW)
        await trending.add(make.ids.event(), taken, LIKE, at)
        await trending.add(make.ids.event(), taken, -LIKE, at)
        assert list(await trending.top(limit=10, at=NOW)) == [kept]

    async def test_posts_whose_reactions_were_all_taken_back_do_not_trend(
        self, trending: Trending, make: Builder
    ) -> None:
        """Whatever rounding leaves of sums of numbers of very different size."""
        kept = make.ids.post()
        await trending.add(make.ids.event(), kept, LIKE, NOW)
        for turn in range(20):
            post = make.ids.post()
            moments = [NOW - timedelta(hours=turn * n, microseconds=n * 7_919) for n in range(1, 4)]
            for at in moments:
                await trending.add(make.ids.event(), post, COMMENT, at)
            for at in moments:
                await trending.add(make.ids.event(), post, -COMMENT, at)
        assert list(await trending.top(limit=100, at=NOW)) == [kept]

    async def test_taking_back_may_arrive_first(self, trending: Trending, make: Builder) -> None:
        """Jobs are retried, so an unlike may overtake its like."""
        undone, done = make.ids.post(), make.ids.post()
        await trending.add(make.ids.event(), undone, -LIKE, NOW)
        assert list(await trending.top(limit=10, at=NOW)) == []
        await trending.add(make.ids.event(), undone, LIKE, NOW)
        await trending.add(make.ids.event(), done, LIKE, NOW)
        assert list(await trending.top(limit=10, at=NOW)) == [done]
        await trending.add(make.ids.event(), undone, SHARE, NOW)
        assert list(await trending.top(limit=10, at=NOW)) == [undone, done]

    async def test_simultaneous_reactions_all_count(self, trending: Trending, make: Builder) -> None:
        more, fewer = make.ids.post(), make.ids.post()
        posts = [more] * 51 + [fewer] * 50
        await asyncio.gather(*(trending.add(make.ids.event(), post, LIKE, NOW) for post in posts))
        assert list(await trending.top(limit=10, at=NOW)) == [more, fewer]

    async def test_the_order_holds_across_a_change_of_landmark(self, trending: Trending, make: Builder) -> None:
        change = datetime(2024, 1, 1, tzinfo=UTC) + 6 * EPOCH_LENGTH
        before, after = change - timedelta(hours=1), change + timedelta(hours=1)
        older, newer, many, undone = (make.ids.post() for _ in range(4))
        await trending.add(make.ids.event(), older, LIKE, before)
        await trending.add(make.ids.event(), undone, SHARE, before)
        for _ in range(2):
            await trending.add(make.ids.event(), many, LIKE, before)
        assert list(await trending.top(limit=10, at=before)) == [undone, many, older]
        await trending.add(make.ids.event(), newer, LIKE, after)
        assert list(await trending.top(limit=10, at=after)) == [undone, many, newer, older]
        await trending.add(make.ids.event(), undone, -SHARE, before)
        assert list(await trending.top(limit=10, at=after)) == [many, newer, older]

    async def test_a_reaction_from_before_the_landmark_may_arrive_late(self, trending: Trending, make: Builder) -> None:
        change = datetime(2024, 1, 1, tzinfo=UTC) + 6 * EPOCH_LENGTH
        late, newer, both = (make.ids.post() for _ in range(3))
        await trending.add(make.ids.event(), both, LIKE, change - timedelta(hours=1))
        await trending.add(make.ids.event(), newer, LIKE, change + timedelta(hours=1))
        await trending.add(make.ids.event(), late, LIKE, change - timedelta(hours=2))
        await trending.add(make.ids.event(), both, LIKE, change - timedelta(hours=2))
        assert list(await trending.top(limit=10, at=change + timedelta(hours=1))) == [both, newer, late]
