"""Rankers: an order of what they were asked about, the same for the same question."""

import math
from datetime import datetime, timedelta

import pytest

from socialfeed.application.ports.ranking import CONTENDERS_MAX, Contender, Ranker
from socialfeed.domain.engagement import Counts
from socialfeed.domain.graph import Priority
from socialfeed.domain.ids import UserId
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import START

AT = START + timedelta(days=30)
READER = UserId(7)


class RankerContract:
    """Fixture: `ranker`."""

    @pytest.fixture
    def make(self) -> Builder:
        return Builder()

    async def test_nothing_is_ranked_as_nothing(self, ranker: Ranker) -> None:
        assert list(await ranker.rank(READER, [], AT)) == []

    async def test_each_is_ranked_at_most_once_and_nothing_is_made_up(self, ranker: Ranker, make: Builder) -> None:
        asked = [contender(make, likes=n % 7, hours=n % 30) for n in range(50)]
        found = [ranked.post_id for ranked in await ranker.rank(READER, asked, AT)]
        assert len(set(found)) == len(found)
        assert set(found) <= {each.post_id for each in asked}

    async def test_as_many_as_may_be_go_at_once(self, ranker: Ranker, make: Builder) -> None:
        asked = [contender(make, likes=n % 11, hours=n) for n in range(CONTENDERS_MAX)]
        assert 0 < len(await ranker.rank(READER, asked, AT)) <= CONTENDERS_MAX

    async def test_the_order_does_not_depend_on_that_of_the_question(self, ranker: Ranker, make: Builder) -> None:
        """Equal ones included."""
        asked = [contender(make, likes=n % 3, hours=n // 10) for n in range(60)]
        once = await ranker.rank(READER, asked, AT)
        assert list(await ranker.rank(READER, asked[::-1], AT)) == list(once)
        assert list(await ranker.rank(READER, asked[30:] + asked[:30], AT)) == list(once)

    async def test_what_it_shows_are_numbers(self, ranker: Ranker, make: Builder) -> None:
        for ranked in await ranker.rank(READER, [contender(make, likes=n) for n in range(5)], AT):
            assert ranked.score is None or math.isfinite(ranked.score)
            assert all(name and math.isfinite(value) for name, value in ranked.terms.items())

    @pytest.mark.parametrize("created_at", [AT + timedelta(days=1), AT, datetime.min.replace(tzinfo=AT.tzinfo)])
    @pytest.mark.parametrize("counts", [Counts(), Counts(2**63 - 1, 2**63 - 1, 2**63 - 1, 2**63 - 1)])
    @pytest.mark.parametrize("priority", Priority)
    async def test_no_post_is_too_much(
        self, ranker: Ranker, make: Builder, created_at: datetime, counts: Counts, priority: Priority
    ) -> None:
        """A clock that is ahead, the beginning of time, everybody's favourite."""
        extreme = contender(make)._replace(created_at=created_at, counts=counts, priority=priority)
        ordinary = contender(make, likes=3)
        found = await ranker.rank(READER, [extreme, ordinary], AT)
        assert {ranked.post_id for ranked in found} <= {extreme.post_id, ordinary.post_id}


def contender(make: Builder, *, likes: int = 0, hours: float = 1) -> Contender:
    """A post of somebody whom the reader follows."""
    return Contender(
        post_id=make.ids.post(),
        author_id=make.ids.user(),
        created_at=AT - timedelta(hours=hours),
        counts=Counts(likes=likes, version=likes),
        priority=Priority.NORMAL,
        affinity=0,
        is_followed=True,
        is_own=False,
    )
