"""Who may do what. Permissions are named `resource:action`; services check them, no one else does."""

from dataclasses import dataclass
from enum import StrEnum

from socialfeed.domain.errors import Forbidden, Unauthenticated
from socialfeed.domain.ids import SessionId, UserId


class Permission(StrEnum):
    COMMENT_CREATE = "comment:create"
    FEED_READ = "feed:read"
    POST_CREATE = "post:create"
    POST_LIKE = "post:like"
    POST_SHARE = "post:share"
    PROFILE_READ = "profile:read"
    USER_FOLLOW = "user:follow"


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions."""

    name: str
    permissions: frozenset[Permission]


USER = Role("user", frozenset(Permission))
ADMIN = Role("admin", frozenset(Permission))
ROLES = {role.name: role for role in (USER, ADMIN)}


def permissions_of(roles: frozenset[str]) -> frozenset[Permission]:
    """The union of the built-in roles named; a name nobody knows grants nothing."""
    return frozenset().union(*(ROLES[name].permissions for name in roles if name in ROLES))


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts: a signed-in user, or nobody in particular (`ANONYMOUS`), and from where. `address` is the client's,
    for limits; `user_agent` is what the client calls itself, for the list of sessions.
    """

    user_id: UserId | None = None
    permissions: frozenset[Permission] = frozenset()
    address: str = ""
    user_agent: str = ""
    session_id: SessionId | None = None

    def require(self, permission: Permission) -> UserId:
        """The actor's id, if the actor is signed in and holds the permission."""
        if self.user_id is None:
            raise Unauthenticated
        if permission not in self.permissions:
            raise Forbidden
        return self.user_id


ANONYMOUS = Actor()
