"""Who may do what. Permissions are named `resource:action`; services check them, no one else does.

The action says how far it reaches: `post:delete` is about one's own posts, `post:delete_any` about everybody's.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from socialfeed.domain.errors import Forbidden, Invalid, Unauthenticated
from socialfeed.domain.ids import SessionId, UserId


class Permission(StrEnum):
    ACCOUNT_DELETE = "account:delete"
    ACCOUNT_EXPORT = "account:export"
    ACCOUNT_UPDATE = "account:update"
    ACTIVITY_EXPORT = "activity:export"
    ACTIVITY_READ = "activity:read"
    ANALYTICS_READ = "analytics:read"
    APPEAL_DECIDE = "appeal:decide"
    CACHE_MANAGE = "cache:manage"
    COMMENT_CREATE = "comment:create"
    COMMENT_DELETE = "comment:delete"
    COMMENT_DELETE_ANY = "comment:delete_any"
    COMMENT_HIDE = "comment:hide"
    COMMENT_HIDE_ANY = "comment:hide_any"
    COMMENT_LIKE = "comment:like"
    COMMENT_UPDATE = "comment:update"
    DASHBOARD_READ = "dashboard:read"
    FEED_READ = "feed:read"
    GRANT_MANAGE = "grant:manage"
    JOB_MANAGE = "job:manage"
    KEY_ROTATE = "key:rotate"
    MEDIA_DELETE_ANY = "media:delete_any"
    MEDIA_UPLOAD = "media:upload"
    METRICS_READ = "metrics:read"
    POST_BOOKMARK = "post:bookmark"
    POST_CREATE = "post:create"
    POST_DELETE = "post:delete"
    POST_DELETE_ANY = "post:delete_any"
    POST_LABEL_ANY = "post:label_any"
    POST_LIKE = "post:like"
    POST_PIN = "post:pin"
    POST_RESTORE_ANY = "post:restore_any"
    POST_SHARE = "post:share"
    POST_UPDATE = "post:update"
    PROFILE_READ = "profile:read"
    REPORT_ASSIGN = "report:assign"
    REPORT_CREATE = "report:create"
    REPORT_READ = "report:read"
    REPORT_RESOLVE = "report:resolve"
    ROLE_ASSIGN = "role:assign"
    ROLE_MANAGE = "role:manage"
    RULE_MANAGE = "rule:manage"
    SCHEMA_READ = "schema:read"
    STORAGE_REPAIR = "storage:repair"
    USER_BAN = "user:ban"
    USER_BLOCK = "user:block"
    USER_DELETE = "user:delete"
    USER_END_SESSIONS = "user:end_sessions"
    USER_FOLLOW = "user:follow"
    USER_MUTE = "user:mute"
    USER_READ = "user:read"
    USER_UPDATE = "user:update"
    USER_VERIFY = "user:verify"


P = Permission

GROUPS: Mapping[str, frozenset[Permission]] = {
    "user management": frozenset(
        {
            P.ACCOUNT_DELETE,
            P.ACCOUNT_EXPORT,
            P.ACCOUNT_UPDATE,
            P.USER_BAN,
            P.USER_END_SESSIONS,
            P.USER_READ,
            P.USER_UPDATE,
        }
    ),
    "content": frozenset(
        {
            P.COMMENT_CREATE,
            P.COMMENT_DELETE,
            P.COMMENT_DELETE_ANY,
            P.COMMENT_HIDE,
            P.COMMENT_HIDE_ANY,
            P.COMMENT_UPDATE,
            P.MEDIA_DELETE_ANY,
            P.MEDIA_UPLOAD,
            P.POST_CREATE,
            P.POST_DELETE,
            P.POST_DELETE_ANY,
            P.POST_LABEL_ANY,
            P.POST_PIN,
            P.POST_RESTORE_ANY,
            P.POST_UPDATE,
            P.REPORT_CREATE,
        }
    ),
    "social": frozenset(
        {
            P.COMMENT_LIKE,
            P.FEED_READ,
            P.POST_BOOKMARK,
            P.POST_LIKE,
            P.POST_SHARE,
            P.PROFILE_READ,
            P.USER_BLOCK,
            P.USER_FOLLOW,
            P.USER_MUTE,
        }
    ),
    "system": frozenset({P.CACHE_MANAGE, P.JOB_MANAGE, P.KEY_ROTATE, P.METRICS_READ, P.SCHEMA_READ, P.STORAGE_REPAIR}),
    "admin": frozenset(
        {
            P.ACTIVITY_EXPORT,
            P.ACTIVITY_READ,
            P.ANALYTICS_READ,
            P.APPEAL_DECIDE,
            P.DASHBOARD_READ,
            P.GRANT_MANAGE,
            P.REPORT_ASSIGN,
            P.REPORT_READ,
            P.REPORT_RESOLVE,
            P.ROLE_ASSIGN,
            P.ROLE_MANAGE,
            P.RULE_MANAGE,
            P.USER_DELETE,
            P.USER_VERIFY,
        }
    ),
}
"""Every permission is in one group."""


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions. The built-in ones never change; a custom one is made and changed by
    administrators.
    """

    name: str
    permissions: frozenset[Permission]


_OF_USERS = GROUPS["social"] | {
    P.ACCOUNT_DELETE,
    P.ACCOUNT_EXPORT,
    P.ACCOUNT_UPDATE,
    P.COMMENT_CREATE,
    P.COMMENT_DELETE,
    P.COMMENT_HIDE,
    P.COMMENT_UPDATE,
    P.MEDIA_UPLOAD,
    P.POST_CREATE,
    P.POST_DELETE,
    P.POST_PIN,
    P.POST_UPDATE,
    P.REPORT_CREATE,
}

USER = Role("user", _OF_USERS)
MODERATOR = Role(
    "moderator",
    _OF_USERS
    | GROUPS["content"]
    | {
        P.ACTIVITY_READ,
        P.APPEAL_DECIDE,
        P.DASHBOARD_READ,
        P.REPORT_ASSIGN,
        P.REPORT_READ,
        P.REPORT_RESOLVE,
        P.USER_BAN,
        P.USER_END_SESSIONS,
        P.USER_READ,
    },
)
ADMIN = Role("admin", frozenset(Permission))
BUILT_IN: Mapping[str, Role] = {role.name: role for role in (USER, MODERATOR, ADMIN)}

_ROLE_NAME = re.compile(r"[a-z][a-z0-9_-]{2,29}")


def custom_role(name: str, permissions: Iterable[str]) -> Role:
    """A role of an administrator's own. Raises `Invalid`: INVALID_ROLE_NAME, ROLE_BUILT_IN, UNKNOWN_PERMISSION."""
    if not _ROLE_NAME.fullmatch(name):
        raise Invalid(
            "3 to 30 lower-case letters, digits, - or _, a letter first, please.",
            code="INVALID_ROLE_NAME",
            field="name",
        )
    if name in BUILT_IN:
        raise Invalid("This role is built in and does not change.", code="ROLE_BUILT_IN", field="name")
    return Role(name, frozenset(parse_permission(permission, "permissions") for permission in permissions))


def parse_permission(name: str, field: str = "permission") -> Permission:
    """Raises `Invalid` (UNKNOWN_PERMISSION)."""
    try:
        return Permission(name)
    except ValueError:
        raise Invalid("There is no such permission.", code="UNKNOWN_PERMISSION", field=field) from None


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission for one user beyond their roles, for good or up to a moment."""

    user_id: UserId
    permission: Permission
    granted_at: datetime
    expires_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.expires_at is None or at < self.expires_at


@dataclass(frozen=True, slots=True)
class Authority:
    """What somebody may do at a moment, and until when that is sure: then a grant ends."""

    permissions: frozenset[Permission] = frozenset()
    until: datetime | None = None

    @classmethod
    def of(cls, roles: Iterable[Role], grants: Iterable[Grant], at: datetime) -> "Authority":
        held = [grant for grant in grants if grant.holds(at)]
        by_role: frozenset[Permission] = frozenset().union(*(role.permissions for role in roles))
        ends = [grant.expires_at for grant in held if grant.expires_at is not None]
        return cls(by_role.union(grant.permission for grant in held), min(ends, default=None))


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts: a signed-in user, nobody in particular (`ANONYMOUS`), or the operator of the machine, and from
    where. `address` is the client's, for limits and the log; `user_agent` is what the client calls itself, for the list
    of sessions.
    """

    user_id: UserId | None = None
    permissions: frozenset[Permission] = frozenset()
    address: str = ""
    user_agent: str = ""
    session_id: SessionId | None = None
    is_operator: bool = False

    @property
    def signed_in(self) -> UserId:
        """Raises `Unauthenticated`."""
        if self.user_id is None:
            raise Unauthenticated
        return self.user_id

    def check(self, permission: Permission) -> None:
        """Raises `Unauthenticated`, or `Forbidden` to who is signed in but does not hold the permission."""
        if not self.is_operator:
            _ = self.signed_in
        if permission not in self.permissions:
            raise Forbidden

    def check_owns(self, owner_id: UserId, own: Permission, anybodys: Permission | None = None) -> None:
        """One's own thing takes one permission, somebody else's another, if there is one for it. Raises
        `Unauthenticated`, `Forbidden`.
        """
        if owner_id == self.user_id:
            self.check(own)
        elif anybodys is not None:
            self.check(anybodys)
        else:
            _ = self.signed_in
            raise Forbidden

    def check_covers(self, permissions: frozenset[Permission]) -> None:
        """Nobody gives away what they do not hold, nor acts on an account that may do more. Raises `Forbidden`."""
        if not permissions <= self.permissions:
            raise Forbidden("This takes permissions that you do not hold.")


ANONYMOUS = Actor()
OPERATOR = Actor(permissions=frozenset(Permission), address="console", is_operator=True)
"""Whoever may run commands on the machine."""
