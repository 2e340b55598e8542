import re

import pytest

from socialfeed.domain.errors import Forbidden, Unauthenticated
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import ANONYMOUS, ROLES, Actor, Permission, permissions_of


def test_permissions_are_named_resource_and_action_in_alphabetical_order() -> None:
    names = [permission.value for permission in Permission]
    assert all(re.fullmatch(r"[a-z_]+:[a-z_]+", name) for name in names)
    assert names == sorted(set(names))


def test_a_roles_name_is_its_key() -> None:
    assert {name: role.name for name, role in ROLES.items()} == {name: name for name in ROLES}


def test_roles_add_up_and_unknown_ones_grant_nothing() -> None:
    assert permissions_of(frozenset()) == frozenset()
    assert permissions_of(frozenset({"nobody-knows"})) == frozenset()
    assert permissions_of(frozenset({"user", "nobody-knows"})) == ROLES["user"].permissions
    assert permissions_of(frozenset({"user", "admin"})) == ROLES["user"].permissions | ROLES["admin"].permissions


def test_an_actor_who_holds_the_permission_is_named() -> None:
    actor = Actor(UserId(7), frozenset({Permission.POST_LIKE}))
    assert actor.require(Permission.POST_LIKE) == 7


def test_an_actor_without_the_permission_is_refused() -> None:
    actor = Actor(UserId(7), frozenset({Permission.POST_LIKE}))
    with pytest.raises(Forbidden):
        actor.require(Permission.POST_SHARE)


@pytest.mark.parametrize("actor", [ANONYMOUS, Actor(None, frozenset(Permission))])
def test_who_is_not_signed_in_is_asked_to(actor: Actor) -> None:
    with pytest.raises(Unauthenticated):
        actor.require(Permission.FEED_READ)
