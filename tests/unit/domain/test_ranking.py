import math
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from socialfeed.domain.ranking import (
    COMMENT,
    EPOCH_LENGTH,
    HALF_LIFE,
    LIKE,
    SHARE,
    TENFOLD_MS,
    epoch_of,
    forward_weight,
    hot,
    rollover_factor,
)

ZERO = datetime(2024, 1, 1, tzinfo=UTC)
NOW = ZERO + 6 * EPOCH_LENGTH + timedelta(days=20)
EPOCH = epoch_of(NOW)

weights = st.sampled_from([LIKE, COMMENT, SHARE])
moments = st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=30), NOW.replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
reactions = st.lists(st.tuples(weights, moments), min_size=1, max_size=12)


def forward(reacted: list[tuple[float, datetime]]) -> float:
    return sum(forward_weight(weight, at, EPOCH) for weight, at in reacted)


def decayed(reacted: list[tuple[float, datetime]], now: datetime) -> float:
    """Ordinary exponential decay, as of now."""
    return sum(weight * math.exp2((at - now) / HALF_LIFE) for weight, at in reacted)


@given(reactions, reactions, st.integers(0, 100))
def test_the_order_is_that_of_ordinary_exponential_decay_whenever_one_looks(
    one: list[tuple[float, datetime]], other: list[tuple[float, datetime]], days: int
) -> None:
    now = NOW + timedelta(days=days)
    assume(not math.isclose(decayed(one, now), decayed(other, now), rel_tol=1e-9))
    assert (forward(one) > forward(other)) is (decayed(one, now) > decayed(other, now))


@given(weights, moments)
def test_taking_back_subtracts_exactly_what_was_added(weight: float, at: datetime) -> None:
    assert forward_weight(weight, at, EPOCH) + forward_weight(-weight, at, EPOCH) == 0.0


@given(weights, moments)
def test_a_half_life_halves(weight: float, at: datetime) -> None:
    later = forward_weight(weight, at + HALF_LIFE, EPOCH)
    assert later == pytest.approx(2 * forward_weight(weight, at, EPOCH), rel=1e-12)


@given(weights, moments, st.integers(1, 4))
def test_rolling_over_gives_what_the_new_landmark_would_have(weight: float, at: datetime, epochs: int) -> None:
    rolled = forward_weight(weight, at, EPOCH) * rollover_factor(epochs)
    assert rolled == pytest.approx(forward_weight(weight, at, EPOCH + epochs), rel=1e-12)
    assert rolled > 0


def test_rolling_over_is_exact_in_binary() -> None:
    """A power of two: no digit of a score is lost."""
    assert math.frexp(rollover_factor())[0] == 0.5
    assert rollover_factor(2) == rollover_factor() ** 2


@given(st.integers(0, 50), st.timedeltas(timedelta(0), EPOCH_LENGTH - timedelta(microseconds=1)))
def test_an_epoch_lasts_from_its_landmark_to_the_next(number: int, into: timedelta) -> None:
    at = ZERO + number * EPOCH_LENGTH + into
    assert epoch_of(at) == number
    assert LIKE <= forward_weight(LIKE, at, number) <= 2.0**128


def test_a_share_says_more_than_a_comment_and_a_comment_more_than_a_like() -> None:
    assert 0 < LIKE < COMMENT < SHARE


def test_what_nobody_likes_is_as_hot_as_it_is_new() -> None:
    assert [hot(written_ms, 0) for written_ms in (0, 1, 1_767_606_600_123)] == [0, 1, 1_767_606_600_123]


@given(st.integers(0, 10**13), st.integers(0, 10**9))
def test_every_like_makes_hotter_and_the_next_one_less_so(written_ms: int, likes: int) -> None:
    first, second = (hot(written_ms, likes + n + 1) - hot(written_ms, likes + n) for n in (0, 1))
    assert first >= 0
    assert second <= first + 1  # which is what rounding makes of it
    assert hot(written_ms + 1, likes) == hot(written_ms, likes) + 1


def test_ten_times_the_likes_make_up_for_twelve_and_a_half_hours() -> None:
    assert [hot(0, likes) for likes in (9, 99, 999)] == [TENFOLD_MS, 2 * TENFOLD_MS, 3 * TENFOLD_MS]
    assert timedelta(milliseconds=TENFOLD_MS) == timedelta(hours=12.5)
