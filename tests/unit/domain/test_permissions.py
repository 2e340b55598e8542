import re
from collections import Counter
from datetime import timedelta
from itertools import chain

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain.errors import Forbidden, Invalid, Unauthenticated
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import (
    ADMIN,
    ANONYMOUS,
    BUILT_IN,
    GROUPS,
    MODERATOR,
    OPERATOR,
    USER,
    Actor,
    Authority,
    Grant,
    Permission,
    Role,
    custom_role,
    parse_permission,
)
from socialfeed.testing.clock import START

ADA = UserId(7)
EVERYTHING = frozenset(Permission)
P = Permission


def test_permissions_are_named_resource_and_action_in_alphabetical_order() -> None:
    names = [permission.value for permission in Permission]
    assert all(re.fullmatch(r"[a-z]+:[a-z_]+", name) for name in names)
    assert names == sorted(set(names))


def test_a_permission_is_called_in_the_code_what_it_is_called_outside() -> None:
    assert [p.name for p in Permission] == [p.value.replace(":", "_").upper() for p in Permission]


def test_fifty_two_permissions_are_in_five_groups() -> None:
    assert {name: len(group) for name, group in GROUPS.items()} == {
        "user management": 7,
        "content": 16,
        "social": 9,
        "system": 6,
        "admin": 14,
    }
    assert len(Permission) == 52


def test_every_permission_is_in_one_group() -> None:
    assert Counter(chain.from_iterable(GROUPS.values())) == dict.fromkeys(Permission, 1)


def test_built_in_roles_are_known_by_their_names() -> None:
    assert BUILT_IN == {"user": USER, "moderator": MODERATOR, "admin": ADMIN}
    assert [role.name for role in BUILT_IN.values()] == list(BUILT_IN)


def test_a_user_may_do_less_than_a_moderator_and_an_admin_everything() -> None:
    assert len(USER.permissions) == 22
    assert USER.permissions < MODERATOR.permissions < ADMIN.permissions
    assert ADMIN.permissions == EVERYTHING


def test_a_user_reaches_nothing_of_others_and_nothing_of_the_machine() -> None:
    assert not [permission for permission in USER.permissions if permission.endswith("_any")]
    assert not USER.permissions & (GROUPS["system"] | GROUPS["admin"])
    assert {p for p in USER.permissions & GROUPS["user management"] if not p.startswith("account:")} == set()


def test_a_moderator_gives_nobody_power_and_does_not_run_the_machine() -> None:
    assert not MODERATOR.permissions & GROUPS["system"]
    assert not [p for p in MODERATOR.permissions if p.startswith(("role:", "grant:"))]
    assert not MODERATOR.permissions & {P.USER_UPDATE, P.USER_DELETE, P.USER_VERIFY}


@pytest.mark.parametrize("name", ["abc", "x" * 30, "night-shift", "team_2"])
def test_a_custom_role_has_the_permissions_it_is_given(name: str) -> None:
    role = custom_role(name, ["post:like", "post:share", "post:like"])
    assert role == Role(name, frozenset({P.POST_LIKE, P.POST_SHARE}))
    assert custom_role(name, []).permissions == frozenset()


@pytest.mark.parametrize(
    ("name", "permissions", "code", "field"),
    [
        *((name, ["post:like"], "ROLE_BUILT_IN", "name") for name in BUILT_IN),
        *(
            (name, ["post:like"], "INVALID_ROLE_NAME", "name")
            for name in ("", "ab", "x" * 31, "Admin", "2nd-team", "_team", "night shift", "späti", "team\n", "team\0")
        ),
        *(
            ("team", ["post:like", permission], "UNKNOWN_PERMISSION", "permissions")
            for permission in ("", "post", "post:*", "*", "POST_LIKE", "Post:Like", "post:like ", "post:fly")
        ),
    ],
)
def test_another_custom_role_is_refused(name: str, permissions: list[str], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        custom_role(name, permissions)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_permission_is_read_by_its_name() -> None:
    assert [parse_permission(permission.value) for permission in Permission] == list(Permission)
    with pytest.raises(Invalid) as refused:
        parse_permission("post:fly")
    assert (refused.value.code, refused.value.field) == ("UNKNOWN_PERMISSION", "permission")


def grant(permission: Permission, minutes: int | None = None) -> Grant:
    """From `START`, for some minutes or for good."""
    end = None if minutes is None else START + timedelta(minutes=minutes)
    return Grant(ADA, permission, granted_at=START, expires_at=end)


def test_a_grant_ends_at_its_moment_or_never() -> None:
    end = START + timedelta(minutes=5)
    assert grant(P.USER_BAN, 5).holds(end - timedelta(microseconds=1))
    assert not grant(P.USER_BAN, 5).holds(end)
    assert grant(P.USER_BAN).holds(START + timedelta(days=36_500))


def test_nobody_has_authority_without_a_role_or_a_grant() -> None:
    assert Authority.of([], [], START) == Authority() == Authority(frozenset(), None)


def test_roles_and_grants_add_up() -> None:
    night = custom_role("night-shift", ["user:ban", "post:like"])
    authority = Authority.of([USER, night], [grant(P.JOB_MANAGE), grant(P.POST_LIKE)], START)
    assert authority == Authority(USER.permissions | {P.USER_BAN, P.JOB_MANAGE}, until=None)


def test_an_expired_grant_gives_nothing_and_does_not_bound_what_is_sure() -> None:
    at = START + timedelta(minutes=10)
    gone, ends_now, holds = grant(P.USER_BAN, 3), grant(P.USER_READ, 10), grant(P.JOB_MANAGE, 11)
    assert Authority.of([], [gone, ends_now], at) == Authority()
    assert Authority.of([], [gone, ends_now, holds], at) == Authority(frozenset({P.JOB_MANAGE}), holds.expires_at)


def test_authority_is_sure_until_the_first_grant_that_still_holds_ends() -> None:
    grants = [grant(P.USER_BAN, 9), grant(P.USER_READ, 4), grant(P.JOB_MANAGE), grant(P.KEY_ROTATE, 2)]
    at = START + timedelta(minutes=3)
    assert Authority.of([USER], grants, at).until == START + timedelta(minutes=4)


few = st.sampled_from([P.USER_BAN, P.USER_READ, P.JOB_MANAGE])
grants_of_minutes = st.lists(st.builds(grant, few, st.none() | st.integers(0, 8)), max_size=5)


@given(grants_of_minutes, st.integers(0, 9), st.integers(0, 9))
def test_authority_stays_the_same_as_long_as_it_says(grants: list[Grant], now: int, wait: int) -> None:
    at, later = START + timedelta(minutes=now), START + timedelta(minutes=now + wait)
    authority = Authority.of([], grants, at)
    assert authority.until is None or authority.until > at
    if authority.until is None or later < authority.until:
        assert Authority.of([], grants, later) == authority


LIKING = Actor(ADA, frozenset({P.POST_LIKE}))


def test_a_user_passes_with_the_permission_and_is_refused_without() -> None:
    assert LIKING.signed_in == ADA
    LIKING.check(P.POST_LIKE)
    with pytest.raises(Forbidden):
        LIKING.check(P.POST_SHARE)


@pytest.mark.parametrize("actor", [ANONYMOUS, Actor(None, EVERYTHING)])
def test_who_is_not_signed_in_is_asked_to(actor: Actor) -> None:
    with pytest.raises(Unauthenticated):
        _ = actor.signed_in
    with pytest.raises(Unauthenticated):
        actor.check(P.FEED_READ)


def test_the_operator_may_do_everything_but_is_no_user() -> None:
    for permission in Permission:
        OPERATOR.check(permission)
    OPERATOR.check_covers(EVERYTHING)
    with pytest.raises(Unauthenticated):
        _ = OPERATOR.signed_in


def test_nobody_passes_by_being_called_operator_alone() -> None:
    with pytest.raises(Forbidden):
        Actor(is_operator=True).check(P.FEED_READ)


@pytest.mark.parametrize("actor", [ANONYMOUS, LIKING, OPERATOR])
def test_everybody_covers_nothing_and_what_they_hold(actor: Actor) -> None:
    actor.check_covers(frozenset())
    actor.check_covers(actor.permissions)


@pytest.mark.parametrize("actor", [ANONYMOUS, LIKING, Actor(ADA, USER.permissions)])
@pytest.mark.parametrize("beyond", [P.USER_BAN, P.ROLE_MANAGE])
def test_nobody_covers_more_than_they_hold(actor: Actor, beyond: Permission) -> None:
    with pytest.raises(Forbidden):
        actor.check_covers(actor.permissions | {beyond})
    with pytest.raises(Forbidden):
        actor.check_covers(frozenset({beyond}))
