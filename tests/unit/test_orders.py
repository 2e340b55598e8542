"""An order comes back as it was kept, and only to whom it belongs."""

from collections.abc import Mapping
from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import given

from socialfeed.adapters.memory import MemoryCache
from socialfeed.application.feeds.orders import KEPT_FOR, Ordered, Orders, decode, encode
from socialfeed.domain.ids import EventId, PostId, ShareId, UserId
from socialfeed.testing import FixedClock

numbers = st.floats(allow_nan=False, allow_infinity=False)
terms: st.SearchStrategy[Mapping[str, float]] = st.dictionaries(st.text(max_size=8), numbers, max_size=4)
ordered = st.builds(Ordered, st.integers(1, 2**63 - 1).map(PostId), st.none() | numbers, terms)

ORDER = [
    Ordered(PostId(3), 2.5, {"likes": 2.0, "age_hours": 0.5}),
    Ordered(ShareId(1), None, {}),
    Ordered(PostId(2), 0.0, {}),
]


@given(st.lists(ordered, max_size=20))
def test_an_order_survives_the_cache(order: list[Ordered]) -> None:
    assert decode(encode(order)) == order


async def test_an_order_is_its_readers_for_a_quarter_of_an_hour() -> None:
    clock = FixedClock()
    orders = Orders(MemoryCache(clock))
    await orders.keep(UserId(1), EventId(5), ORDER)

    clock.advance(KEPT_FOR - timedelta(milliseconds=1))
    assert await orders.find(UserId(1), EventId(5)) == ORDER
    assert await orders.find(UserId(2), EventId(5)) is None
    assert await orders.find(UserId(1), EventId(6)) is None
    clock.advance(timedelta(milliseconds=1))
    assert await orders.find(UserId(1), EventId(5)) is None


async def test_an_empty_order_is_one() -> None:
    orders = Orders(MemoryCache(FixedClock()))
    await orders.keep(UserId(1), EventId(5), [])

    assert await orders.find(UserId(1), EventId(5)) == []


def test_four_hundred_posts_with_the_default_terms_take_little_room() -> None:
    names = ("likes", "comments", "shares", "priority", "affinity", "age_hours")
    order = [Ordered(PostId(n), 1.0, dict.fromkeys(names, 1.0)) for n in range(400)]

    assert len(encode(order)) < 26_000
