from dataclasses import MISSING, FrozenInstanceError, fields, replace
from datetime import timedelta
from typing import Any

import pytest

from socialfeed.domain.errors import AccountBanned, EmailNotVerified, Invalid
from socialfeed.domain.ids import MAX_ID, UserId
from socialfeed.domain.text import clean_email, clean_username
from socialfeed.domain.user import BIO_MAX, ERASED_AFTER, NAME_MAX, User, UserStatus
from socialfeed.testing.clock import START


def register(**changed: Any) -> User:
    fields: dict[str, Any] = {"username": "ada", "email": "ada@example.org", "password_hash": "hash", "at": START}
    return User.register(UserId(1), **{**fields, **changed})


def test_a_new_account_is_an_unverified_user() -> None:
    user = register()
    assert user.status is UserStatus.UNVERIFIED
    assert not user.is_proven
    assert user.roles == {"user"}
    assert user.created_at == START


def test_what_people_type_is_cleaned() -> None:
    user = register(email=" ADA@Example.org", first_name=" Zoe\u0308 ", last_name="", bio="One\r\ntwo")
    assert (user.email, user.first_name, user.last_name, user.bio) == ("ada@example.org", "Zoë", "", "One\ntwo")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "a b"),
        ("username", "deleted_7"),
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


def test_a_verified_account_is_active_and_its_address_proven() -> None:
    user = register().verified()
    assert user.is_active
    assert user.is_proven


ADA = register().verified()


@pytest.mark.parametrize(("user", "refusal"), [(register(), EmailNotVerified), (ADA.banned(), AccountBanned)])
def test_nobody_signs_in_to_an_unverified_or_a_banned_account(user: User, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        user.require_sign_in()


@pytest.mark.parametrize("user", [ADA, ADA.deactivated(), ADA.deactivated(erase_at=START + ERASED_AFTER)])
def test_owners_sign_in_to_an_active_account_and_come_back_to_one_they_left(user: User) -> None:
    user.require_sign_in()


@pytest.mark.parametrize("user", [register(), ADA.banned(), ADA.deactivated(), ADA.erased()])
def test_only_an_active_account_counts_as_active(user: User) -> None:
    assert not user.is_active


@pytest.mark.parametrize("user", [ADA, ADA.banned(), ADA.deactivated(), ADA.erased()])
def test_an_address_stays_proven_whatever_becomes_of_the_account(user: User) -> None:
    assert user.is_proven


def test_a_ban_is_lifted() -> None:
    assert ADA.banned().status is UserStatus.BANNED
    assert ADA.banned().unbanned() == ADA


def test_a_deleted_account_that_was_banned_goes_on_waiting_for_its_owner() -> None:
    waiting = ADA.deactivated(erase_at=START + ERASED_AFTER)
    assert waiting.banned().erase_at == waiting.erase_at
    assert waiting.banned().unbanned() == waiting


@pytest.mark.parametrize("user", [register(), ADA, ADA.deactivated(), ADA.erased()])
def test_lifting_a_ban_that_is_none_changes_nothing(user: User) -> None:
    assert user.unbanned() == user


def test_an_owner_who_returns_finds_the_account_as_it_was() -> None:
    assert timedelta(days=14) == ERASED_AFTER
    for left in (ADA.deactivated(), ADA.deactivated(erase_at=START + ERASED_AFTER)):
        assert left.status is UserStatus.DEACTIVATED
        assert left.returned() == ADA


def test_behaviour_returns_a_new_state() -> None:
    user = register()
    assert user.verified() is not user
    assert not user.is_active
    assert user.with_role("admin").roles == {"user", "admin"}
    assert user.with_role("admin").without_role("user").roles == {"admin"}
    assert user.without_role("nobody-has-it") == user
    assert user.with_password("another").password_hash == "another"
    assert user.roles == {"user"}
    assert user.password_hash == "hash"
    with pytest.raises(FrozenInstanceError):
        user.bio = "changed"  # type: ignore[misc]


PROFILE: dict[str, Any] = {
    "first_name": "Zoë",
    "last_name": "Müller",
    "bio": "One\ntwo",
    "avatar_url": "https://example.org/zoe.png",
    "is_private": True,
    "locale": "es-MX",
}
DRESSED = ADA.with_profile(**PROFILE)


def test_a_profile_is_what_its_owner_says() -> None:
    assert {name: getattr(DRESSED, name) for name in PROFILE} == PROFILE
    assert replace(DRESSED, **{name: getattr(ADA, name) for name in PROFILE}) == ADA


def test_what_is_not_given_stays() -> None:
    assert DRESSED.with_profile() == DRESSED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("first_name", ""),
        ("last_name", ""),
        ("bio", ""),
        ("is_private", False),
        ("locale", "en"),
        ("avatar_url", "https://example.org/b.png"),
    ],
)
def test_one_field_changes_alone_even_to_nothing(name: str, value: Any) -> None:
    changed = DRESSED.with_profile(**{name: value})
    assert getattr(changed, name) == value
    assert replace(changed, **{name: PROFILE[name]}) == DRESSED


def test_an_empty_address_removes_the_picture() -> None:
    assert DRESSED.with_profile(avatar_url="").avatar_url is None


def test_a_profile_is_cleaned() -> None:
    user = ADA.with_profile(first_name=" Zoe\u0308 ", last_name=" M ", bio="One\r\ntwo ", avatar_url=" http://b.org/ ")
    assert (user.first_name, user.last_name, user.bio, user.avatar_url) == ("Zoë", "M", "One\ntwo", "http://b.org/")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", "x" * (NAME_MAX + 1)),
        ("last_name", "two\nlines"),
        ("bio", "x" * (BIO_MAX + 1)),
        ("bio", "\0"),
        ("avatar_url", "javascript:alert(1)"),
        ("avatar_url", " "),
        ("locale", "German"),
        ("locale", ""),
    ],
)
def test_a_refused_profile_names_the_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        DRESSED.with_profile(**{field: value})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_new_address_waits_until_it_is_proven() -> None:
    asking = ADA.asking_for_email(" New@Example.ORG")
    assert (asking.email, asking.new_email) == (ADA.email, "new@example.org")
    assert asking.with_new_email() == replace(ADA, email="new@example.org")


def test_the_address_asked_for_last_counts() -> None:
    asking = ADA.asking_for_email("one@example.org").asking_for_email("two@example.org")
    assert asking.with_new_email().email == "two@example.org"


def test_an_address_nobody_asked_for_changes_nothing() -> None:
    assert ADA.with_new_email() == ADA


def test_a_refused_new_address_names_its_field() -> None:
    with pytest.raises(Invalid) as refused:
        ADA.asking_for_email("nobody")
    assert refused.value.field == "new_email"


LIVED = replace(
    DRESSED.asking_for_email("new@example.org"),
    username="ada_lovelace",
    password_hash="hash of ada",
    roles=frozenset({"treasurer"}),
    locale="zh-Hant-TW",
    erase_at=START + ERASED_AFTER,
)


def test_nothing_personal_is_left_of_an_erased_account() -> None:
    """Only its id and its age: a field that is added later has a value here, and is asked for."""
    before, after = ({f.name: getattr(user, f.name) for f in fields(User)} for user in (LIVED, LIVED.erased()))
    plain = {f.name: f.default for f in fields(User) if f.default is not MISSING}
    assert [name for name in before if before[name] in ("", None, plain.get(name))] == []

    assert [name for name in before if before[name] == after[name]] == ["id", "created_at"]
    texts = {"treasurer"} | {value for value in before.values() if isinstance(value, str)}
    left = " ".join([repr(LIVED.erased()), *map(str, after.values())])
    assert [value for value in texts if value in left] == []
    assert (after["status"], after["roles"]) == (UserStatus.ERASED, frozenset())


@pytest.mark.parametrize("number", [1, MAX_ID])
def test_the_name_of_an_erased_account_is_a_username_like_others(number: int) -> None:
    erased = replace(LIVED, id=UserId(number)).erased()
    assert clean_username(erased.username) == erased.username
    assert clean_email(erased.email) == erased.email


def test_nobody_registers_by_the_name_an_account_gets_when_it_is_erased() -> None:
    with pytest.raises(Invalid) as refused:
        register(username=LIVED.erased().username.title())
    assert (refused.value.code, refused.value.field) == ("INVALID_USERNAME", "username")
    assert register(username="undeleted_1").username == "undeleted_1"


def test_erased_accounts_share_neither_name_nor_address() -> None:
    one, other = (replace(LIVED, id=UserId(number)).erased() for number in (1, 11))
    assert one.username != other.username
    assert one.email != other.email


def test_erasing_again_changes_nothing() -> None:
    assert LIVED.erased().erased() == LIVED.erased()
