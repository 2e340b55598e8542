"""The one place where permissions are checked: services, and resolvers or jobs that have no service, ask here."""

from collections.abc import Mapping
from typing import Protocol

from socialfeed.domain.activity import Action, Outcome
from socialfeed.domain.errors import Forbidden
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Actor, Permission

WATCHED_READS: Mapping[Permission, Action] = {
    Permission.ACTIVITY_EXPORT: Action.ACTIVITY_EXPORT,
    Permission.ACTIVITY_READ: Action.ACTIVITY_READ,
    Permission.USER_READ: Action.USER_READ,
}
"""Permissions to read what is somebody else's: using one leaves an entry in the activity log."""


class Notes(Protocol):
    def note(
        self,
        actor: Actor,
        action: Action,
        outcome: Outcome,
        object_id: int | None = None,
        *,
        permission: Permission | None = None,
    ) -> None: ...


class Guard:
    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def require(self, actor: Actor, permission: Permission) -> UserId:
        """The actor's id, if the actor is signed in and holds the permission. Raises `Unauthenticated`, `Forbidden`."""
        self.check(actor, permission)
        return actor.signed_in

    def check(self, actor: Actor, permission: Permission, object_id: int | None = None) -> None:
        """As `require`, for what the operator of the machine may do, too. `object_id` is what it is about."""
        try:
            actor.check(permission)
        except Forbidden:
            self._deny(actor, object_id, permission)
            raise
        if permission in WATCHED_READS:
            self._notes.note(actor, WATCHED_READS[permission], Outcome.DONE, object_id)

    def check_owns(
        self,
        actor: Actor,
        owner_id: UserId,
        own: Permission,
        anybodys: Permission | None = None,
        *,
        object_id: int | None = None,
    ) -> None:
        """One's own thing takes one permission, somebody else's another, if there is one for it. Raises
        `Unauthenticated`, `Forbidden`.
        """
        try:
            actor.check_owns(owner_id, own, anybodys)
        except Forbidden:
            self._deny(actor, object_id, own if owner_id == actor.user_id else anybodys or own)
            raise

    def check_covers(self, actor: Actor, permissions: frozenset[Permission], object_id: int | None = None) -> None:
        """Nobody gives away what they do not hold, nor acts on an account that may do more. Raises `Forbidden`."""
        try:
            actor.check_covers(permissions)
        except Forbidden:
            self._deny(actor, object_id, None)
            raise

    def _deny(self, actor: Actor, object_id: int | None, permission: Permission | None) -> None:
        self._notes.note(actor, Action.PERMISSION_DENY, Outcome.DENIED, object_id, permission=permission)
