import math
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given

from socialfeed.domain.ids import EPOCH_MS
from socialfeed.domain.ranking import (
    COMMENT,
    EPOCH_HALF_LIVES,
    LIKE,
    SHARE,
    TENFOLD_MS,
    Window,
    epoch_of,
    forward_weight,
    hot,
    rank_of,
    rollover_factor,
    score_at,
)

DAY_MS = 24 * 3_600_000
NOW_MS = EPOCH_MS + 800 * DAY_MS

weights = st.sampled_from([LIKE, COMMENT, SHARE])
windows = st.sampled_from(list(Window))
moments = st.integers(NOW_MS - 30 * DAY_MS, NOW_MS)
reactions = st.lists(st.tuples(weights, moments), min_size=1, max_size=12)


def forward(reacted: list[tuple[float, int]], window: Window) -> float:
    epoch = epoch_of(NOW_MS, window)
    return sum(forward_weight(weight, at_ms, epoch, window) for weight, at_ms in reacted)


def decayed(reacted: list[tuple[float, int]], now_ms: int, window: Window) -> float:
    """Ordinary exponential decay, as of now."""
    return sum(weight * math.exp2((at_ms - now_ms) / window.half_life_ms) for weight, at_ms in reacted)


@given(reactions, reactions, st.integers(0, 20), windows)
def test_the_order_is_that_of_ordinary_exponential_decay_whenever_one_looks(
    one: list[tuple[float, int]], other: list[tuple[float, int]], days: int, window: Window
) -> None:
    now_ms = NOW_MS + days * DAY_MS
    assume(not math.isclose(decayed(one, now_ms, window), decayed(other, now_ms, window), rel_tol=1e-9))
    is_more = decayed(one, now_ms, window) > decayed(other, now_ms, window)
    assert (forward(one, window) > forward(other, window)) is is_more


@given(reactions, windows)
def test_a_rank_tells_the_score_of_any_moment(reacted: list[tuple[float, int]], window: Window) -> None:
    rank = rank_of(forward(reacted, window), epoch_of(NOW_MS, window))
    for now_ms in (NOW_MS, NOW_MS + 3 * DAY_MS):
        assert score_at(rank, now_ms, window) == pytest.approx(decayed(reacted, now_ms, window), rel=1e-9)


@given(weights, moments, windows)
def test_taking_back_subtracts_exactly_what_was_added(weight: float, at_ms: int, window: Window) -> None:
    epoch = epoch_of(NOW_MS, window)
    assert forward_weight(weight, at_ms, epoch, window) + forward_weight(-weight, at_ms, epoch, window) == 0.0


@given(weights, moments, windows)
def test_a_half_life_halves(weight: float, at_ms: int, window: Window) -> None:
    epoch = epoch_of(at_ms, window)
    later = forward_weight(weight, at_ms + window.half_life_ms, epoch, window)
    assert later == pytest.approx(2 * forward_weight(weight, at_ms, epoch, window), rel=1e-12)


@given(weights, moments, st.integers(1, 4), windows)
def test_under_another_landmark_the_rank_is_the_same(weight: float, at_ms: int, epochs: int, window: Window) -> None:
    epoch = epoch_of(at_ms, window)
    here = forward_weight(weight, at_ms, epoch, window)
    rolled = here * rollover_factor(epochs)
    assert rolled == pytest.approx(forward_weight(weight, at_ms, epoch + epochs, window), rel=1e-12)
    assert rank_of(rolled, epoch + epochs) == pytest.approx(rank_of(here, epoch), rel=1e-12)


def test_rolling_over_is_exact_in_binary() -> None:
    """A power of two: no digit of a sum is lost."""
    assert math.frexp(rollover_factor())[0] == 0.5
    assert rollover_factor(2) == rollover_factor() ** 2


@given(st.integers(0, 50), st.integers(0, 10**13), windows)
def test_an_epoch_lasts_from_its_landmark_to_the_next(number: int, into: int, window: Window) -> None:
    length = EPOCH_HALF_LIVES * window.half_life_ms
    at_ms = EPOCH_MS + number * length + into % length
    assert epoch_of(at_ms, window) == number
    assert LIKE <= forward_weight(LIKE, at_ms, number, window) <= 2.0**EPOCH_HALF_LIVES


def test_the_windows_are_of_two_hours_and_of_a_day() -> None:
    assert [window.half_life for window in Window] == [timedelta(hours=2), timedelta(hours=24)]


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
