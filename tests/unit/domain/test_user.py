from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import pytest

from socialfeed.domain.errors import EmailNotVerified, Invalid
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Permission
from socialfeed.domain.user import (
    BIO_MAX,
    CODE_LIFE,
    CODE_TRIES,
    NAME_MAX,
    PASSWORD_MAX,
    PASSWORD_MIN,
    CodePurpose,
    OneTimeCode,
    User,
    UserStatus,
    check_password,
)
from socialfeed.testing import Builder
from socialfeed.testing.clock import START


@pytest.fixture
def make() -> Builder:
    return Builder()


def register(**changed: Any) -> User:
    fields: dict[str, Any] = {"username": "ada", "email": "ada@example.org", "password_hash": "hash", "at": START}
    return User.register(UserId(1), **{**fields, **changed})


def test_a_new_account_is_an_unverified_user_without_permissions() -> None:
    user = register()
    assert user.status is UserStatus.UNVERIFIED
    assert user.roles == {"user"}
    assert user.permissions == frozenset()
    assert user.created_at == START


def test_what_people_type_is_cleaned() -> None:
    user = register(email=" ADA@Example.org", first_name=" Zoe\u0308 ", last_name="", bio="One\r\ntwo")
    assert (user.email, user.first_name, user.last_name, user.bio) == ("ada@example.org", "Zoë", "", "One\ntwo")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "a b"),
        ("email", "nobody"),
        ("first_name", "x" * (NAME_MAX + 1)),
        ("last_name", "two\nlines"),
        ("bio", "x" * (BIO_MAX + 1)),
        ("bio", "\0"),
    ],
)
def test_a_refusal_names_the_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(**{field: value})
    assert refused.value.field == field


def test_a_verified_account_may_sign_in_and_has_the_permissions_of_its_roles() -> None:
    user = register()
    with pytest.raises(EmailNotVerified):
        user.require_sign_in()
    verified = user.verified()
    verified.require_sign_in()
    assert verified.is_active
    assert Permission.POST_CREATE in verified.permissions


def test_behaviour_returns_a_new_state() -> None:
    user = register()
    assert user.verified() is not user
    assert not user.is_active
    assert user.with_role("admin").roles == {"user", "admin"}
    assert user.roles == {"user"}
    with pytest.raises(FrozenInstanceError):
        user.bio = "changed"  # type: ignore[misc]


def test_secrets_are_not_printed(make: Builder) -> None:
    user = register(password_hash="very secret hash")
    assert "very secret hash" not in repr(user)
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
