"""Passwords and one-time codes."""

from datetime import timedelta

import pytest

from socialfeed.domain.errors import Invalid
from socialfeed.domain.user import (
    CODE_LIFE,
    CODE_TRIES,
    PASSWORD_MAX,
    PASSWORD_MIN,
    CodePurpose,
    OneTimeCode,
    check_password,
)
from socialfeed.testing import Builder
from socialfeed.testing.clock import START


@pytest.fixture
def make() -> Builder:
    return Builder()


def test_secrets_are_not_printed(make: Builder) -> None:
    user = make.user()
    assert user.password_hash not in repr(user)
    code = make.code(user)
    assert code.code_hash not in repr(code)


COMMON = {"password1"}


@pytest.mark.parametrize("password", ["x" * PASSWORD_MIN, "x" * PASSWORD_MAX, "        ", "пароль🎈ab", "\0" * 8])
def test_a_password_may_be_any_text_of_a_good_length(password: str) -> None:
    assert check_password(password, COMMON) == password


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "PASSWORD_TOO_SHORT"),
        ("x" * (PASSWORD_MIN - 1), "PASSWORD_TOO_SHORT"),
        ("x" * (PASSWORD_MAX + 1), "PASSWORD_TOO_LONG"),
        ("\ud800" * 8, "INVALID_CHARACTER"),
        ("password1", "PASSWORD_TOO_COMMON"),
        ("PassWord1", "PASSWORD_TOO_COMMON"),
    ],
)
def test_other_passwords_are_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, COMMON)
    assert (refused.value.code, refused.value.field) == (code, "password")
    with pytest.raises(Invalid) as blamed:
        check_password(password, COMMON, field="new_password")
    assert (blamed.value.code, blamed.value.field) == (code, "new_password")


def test_a_code_lives_for_ten_minutes(make: Builder) -> None:
    code = OneTimeCode.issue(make.ids.code(), make.ids.user(), CodePurpose.VERIFY, "hash", at=START)
    assert timedelta(minutes=10) == CODE_LIFE
    assert code.is_live(START + CODE_LIFE - timedelta(microseconds=1))
    assert not code.is_live(START + CODE_LIFE)


def test_five_wrong_tries_kill_a_code(make: Builder) -> None:
    code = OneTimeCode.issue(make.ids.code(), make.ids.user(), CodePurpose.VERIFY, "hash", at=START)
    assert CODE_TRIES == 5
    lives = []
    for _ in range(CODE_TRIES + 1):
        lives.append(code.is_live(START))
        code = code.tried()
    assert lives == [True] * CODE_TRIES + [False]
