import re
from collections import Counter

import pytest

from socialfeed.domain import errors
from socialfeed.domain.errors import EmailTaken, Invalid, RateLimited, Rejected, SocialFeedError, UsernameTaken

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SocialFeedError)]


def test_codes_are_stable_names_and_no_two_errors_share_one() -> None:
    assert all(re.fullmatch(r"[A-Z][A-Z_]+", kind.code) for kind in KINDS)
    assert [code for code, times in Counter(kind.code for kind in KINDS).items() if times > 1] == []


def test_every_error_says_something_to_people() -> None:
    assert all(kind.message for kind in KINDS)


def test_an_error_may_have_its_own_message_code_and_field() -> None:
    error = Invalid("Too hot.", code="TOO_HOT", field="soup")
    assert (str(error), error.code, error.field) == ("Too hot.", "TOO_HOT", "soup")
    assert (Invalid.code, Invalid().code, Invalid().field) == ("INVALID", "INVALID", None)
    assert str(Invalid()) == Invalid.message


def test_taken_names_are_refusals_of_their_field() -> None:
    assert [(error.field, isinstance(error, Rejected)) for error in (UsernameTaken(), EmailTaken())] == [
        ("username", True),
        ("email", True),
    ]


@pytest.mark.parametrize(("seconds", "told"), [(0.0, 1), (0.2, 1), (1.0, 1), (1.01, 2), (59.5, 60)])
def test_whoever_is_limited_hears_whole_seconds_rounded_up(seconds: float, told: int) -> None:
    assert RateLimited(seconds).retry_after == told
