from collections import Counter

import pytest

from socialfeed.domain import errors
from socialfeed.domain.errors import (
    Conflict,
    EmailTaken,
    Invalid,
    NotFound,
    RateLimited,
    Rejected,
    RoleExists,
    SocialFeedError,
    UsernameTaken,
)

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SocialFeedError)]


IN_THE_PAYLOAD = {
    "ACCOUNT_BANNED",
    "CODE_REJECTED",
    "COMMENT_NOT_FOUND",
    "CONFLICT",
    "DRAFT_NOT_FOUND",
    "LIST_NOT_FOUND",
    "EMAIL_NOT_VERIFIED",
    "EMAIL_TAKEN",
    "FOLDER_EXISTS",
    "FOLDER_NOT_FOUND",
    "IDEMPOTENCY_KEY_REUSED",
    "ID_CONFLICT",
    "INVALID",
    "INVALID_CREDENTIALS",
    "BLOCKED_BY_YOU",
    "FOLLOW_REQUEST_NOT_FOUND",
    "TOO_MANY_FOLLOWED",
    "INVALID_REFRESH_TOKEN",
    "NOT_FOUND",
    "NOT_SHAREABLE",
    "OWN_ACCOUNT",
    "PARKED_NOT_FOUND",
    "POST_NOT_FOUND",
    "PRIVATE_ACCOUNT",
    "THREAD_LOCKED",
    "REJECTED",
    "REPLIES_RESTRICTED",
    "ROLE_EXISTS",
    "MEDIA_ATTACHED",
    "MEDIA_BROKEN",
    "MEDIA_FAILED",
    "MEDIA_NOT_FOUND",
    "MEDIA_TOO_LARGE",
    "MEDIA_TOO_LONG",
    "MEDIA_TOO_MANY_FRAMES",
    "MEDIA_TOO_MANY_PIXELS",
    "MEDIA_TYPE_NOT_ALLOWED",
    "QUOTA_EXCEEDED",
    "ROLE_NOT_FOUND",
    "TOO_MANY_PENDING",
    "VIDEO_NOT_SUPPORTED",
    "SESSION_NOT_FOUND",
    "USERNAME_TAKEN",
    "USER_NOT_FOUND",
}
STOPPING = {
    "FETCH_FAILED",
    "FETCH_TIMED_OUT",
    "FORBIDDEN",
    "INTERNAL",
    "RATE_LIMITED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
}


def test_codes_stay_as_clients_know_them_and_no_two_errors_share_one() -> None:
    assert {kind.code for kind in KINDS if issubclass(kind, Rejected)} == IN_THE_PAYLOAD
    assert {kind.code for kind in KINDS if not issubclass(kind, Rejected)} == STOPPING
    assert [code for code, times in Counter(kind.code for kind in KINDS).items() if times > 1] == []


@pytest.mark.parametrize("code", ["USER", "POST", "COMMENT", "MEDIA", "ROLE", "SESSION"])
def test_whatever_is_missing_is_told_apart_but_handled_alike(code: str) -> None:
    [kind] = [kind for kind in KINDS if kind.code == f"{code}_NOT_FOUND"]
    assert issubclass(kind, NotFound)


def test_every_error_says_something_to_people() -> None:
    assert all(kind.message for kind in KINDS)


def test_an_error_may_have_its_own_message_code_and_field() -> None:
    error = Invalid("Too hot.", code="TOO_HOT", field="soup")
    assert (str(error), error.code, error.field) == ("Too hot.", "TOO_HOT", "soup")
    assert (Invalid.code, Invalid().code, Invalid().field) == ("INVALID", "INVALID", None)
    assert str(Invalid()) == Invalid.message


@pytest.mark.parametrize(
    ("error", "field"), [(UsernameTaken(), "username"), (EmailTaken(), "email"), (RoleExists(), "name")]
)
def test_taken_names_are_conflicts_of_their_field(error: SocialFeedError, field: str) -> None:
    assert isinstance(error, Conflict)
    assert error.field == field


@pytest.mark.parametrize(("seconds", "told"), [(0.0, 1), (0.2, 1), (1.0, 1), (1.01, 2), (59.5, 60)])
def test_whoever_is_limited_hears_whole_seconds_rounded_up(seconds: float, told: int) -> None:
    assert RateLimited(seconds).retry_after == told
