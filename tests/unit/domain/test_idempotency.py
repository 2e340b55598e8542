"""Keys of requests that may be sent again."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from socialfeed.domain.errors import IdempotencyKeyReused, Invalid
from socialfeed.domain.idempotency import IdempotencyKey
from socialfeed.domain.ids import UserId
from socialfeed.testing.clock import START

ADA = UserId(1)


def claim(key: str = "k", request: Mapping[str, object] | None = None) -> IdempotencyKey:
    return IdempotencyKey.of(ADA, key, request or {"content": "Hello"}, 7, at=START)


@pytest.mark.parametrize("key", ["x", "~" * 100, "a b", "550e8400-e29b-41d4-a716-446655440000"])
def test_a_key_is_printable_ascii(key: str) -> None:
    assert claim(key).key == key


@pytest.mark.parametrize("key", ["", "x" * 101, "é", "a\nb", "\x7f", "\ud800"])
def test_other_keys_are_refused(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        claim(key)
    assert (refused.value.code, refused.value.field) == ("INVALID_IDEMPOTENCY_KEY", "idempotency_key")


def test_the_same_request_repeats_another_in_whatever_order_it_names_things() -> None:
    claim(request={"a": 1, "b": None}).check_repeats(claim(request={"b": None, "a": 1}))


@pytest.mark.parametrize("request_", [{"a": 1}, {"a": 1, "b": ""}, {"a": "1", "b": None}])
def test_another_request_does_not(request_: Mapping[str, object]) -> None:
    with pytest.raises(IdempotencyKeyReused):
        claim(request=request_).check_repeats(claim(request={"a": 1, "b": None}))


def test_a_key_lives_for_a_day() -> None:
    day = timedelta(hours=24)
    assert claim().is_live(START + day - timedelta(microseconds=1))
    assert not claim().is_live(START + day)
