"""The breaker, on a clock of ours."""

import logging

import pytest

from socialfeed.adapters.redis.breaker import FAILURES, PAUSE, Breaker
from socialfeed.domain.errors import Unavailable


class Time:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    return Breaker("localhost:6379", time)


def fail(breaker: Breaker, times: int = FAILURES) -> None:
    for _ in range(times):
        breaker.admit()
        breaker.failed(OSError("gone"))


def admits(breaker: Breaker) -> bool:
    try:
        breaker.admit()
    except Unavailable:
        return False
    return True


def test_it_opens_after_some_failures_in_a_row(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    assert admits(breaker)
    breaker.failed(OSError("gone"))
    assert not admits(breaker)


def test_a_success_in_between_starts_the_count_anew(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    breaker.succeeded()
    fail(breaker, FAILURES - 1)
    assert admits(breaker)


def test_one_call_a_pause_is_let_through_to_try(breaker: Breaker, time: Time) -> None:
    fail(breaker)
    for _ in range(3):
        time.now += PAUSE
        assert [admits(breaker) for _ in range(5)] == [True, False, False, False, False]
        breaker.failed(OSError("still gone"))


def test_a_try_that_is_never_answered_is_followed_by_another(breaker: Breaker, time: Time) -> None:
    fail(breaker)
    time.now += PAUSE
    assert admits(breaker)
    time.now += PAUSE
    assert admits(breaker)


def test_a_try_that_succeeds_closes_it(breaker: Breaker, time: Time) -> None:
    fail(breaker)
    time.now += PAUSE
    breaker.admit()
    breaker.succeeded()
    assert all(admits(breaker) for _ in range(5))


def test_operators_hear_once_when_it_opens_and_once_when_it_closes(
    breaker: Breaker, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        fail(breaker)
        breaker.failed(OSError("still gone"))
        breaker.succeeded()
        breaker.succeeded()
    assert [record.getMessage() for record in caplog.records] == [
        "Redis at localhost:6379 does not answer (gone); doing without it.",
        "Redis at localhost:6379 answers again.",
    ]


def test_clients_are_not_told_where_the_server_is(breaker: Breaker) -> None:
    fail(breaker)
    with pytest.raises(Unavailable) as raised:
        breaker.admit()
    assert "localhost" not in str(raised.value)
