"""The activity log: who did what to which object, when, from where, with what outcome.

Each actor's entries form a chain: the hash of an entry covers the hash of the one before, so that an entry that was
removed, changed or put in between shows (Haber and Stornetta, "How to time-stamp a digital document", 1991). The end
of each chain is kept apart, so that a missing end shows, too. Whoever can rewrite the whole log can rewrite every hash:
against that, keep an export elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from socialfeed.domain.ids import ActivityId, UserId, unix_ms

NOBODY = UserId(0)
"""The actor of whoever is not signed in, and of the operator of the machine."""

ADDRESS_MAX, DETAIL_MAX = 64, 200


class Action(StrEnum):
    """What was done; the noun first."""

    ACCOUNT_CHANGE_EMAIL = "account:change_email"
    ACCOUNT_CHANGE_PASSWORD = "account:change_password"  # noqa: S105
    ACCOUNT_DEACTIVATE = "account:deactivate"
    ACCOUNT_DELETE = "account:delete"
    ACCOUNT_ERASE = "account:erase"
    ACCOUNT_REGISTER = "account:register"
    ACCOUNT_REQUEST_EMAIL = "account:request_email"
    ACCOUNT_REQUEST_RESET = "account:request_reset"
    ACCOUNT_RESEND = "account:resend"
    ACCOUNT_RESET_PASSWORD = "account:reset_password"  # noqa: S105
    ACCOUNT_RETURN = "account:return"
    ACCOUNT_UPDATE = "account:update"
    ACCOUNT_VERIFY = "account:verify"
    ACTIVITY_EXPORT = "activity:export"
    ACTIVITY_READ = "activity:read"
    BOOKMARK_DELETE_FOLDER = "bookmark:delete_folder"
    BOOKMARK_RENAME_FOLDER = "bookmark:rename_folder"
    CACHE_FLUSH = "cache:flush"
    CACHE_REBUILD = "cache:rebuild"
    COMMENT_CREATE = "comment:create"
    COMMENT_DELETE = "comment:delete"
    COMMENT_HIDE = "comment:hide"
    COMMENT_LIKE = "comment:like"
    COMMENT_UNHIDE = "comment:unhide"
    COMMENT_UNLIKE = "comment:unlike"
    COMMENT_UPDATE = "comment:update"
    DRAFT_CREATE = "draft:create"
    DRAFT_DELETE = "draft:delete"
    DRAFT_FAIL = "draft:fail"
    DRAFT_UPDATE = "draft:update"
    IMAGE_FETCH = "image:fetch"
    JOB_DISCARD = "job:discard"
    JOB_RETRY = "job:retry"
    LIST_ADD = "list:add"
    LIST_CREATE = "list:create"
    LIST_DELETE = "list:delete"
    LIST_REMOVE = "list:remove"
    LIST_UPDATE = "list:update"
    MEDIA_DELETE = "media:delete"
    MEDIA_UPDATE = "media:update"
    MEDIA_UPLOAD = "media:upload"
    PERMISSION_DENY = "permission:deny"
    PERMISSION_GRANT = "permission:grant"
    PERMISSION_REVOKE = "permission:revoke"
    POST_BOOKMARK = "post:bookmark"
    POST_CREATE = "post:create"
    POST_DELETE = "post:delete"
    POST_LIKE = "post:like"
    POST_LOCK = "post:lock"
    POST_PIN = "post:pin"
    POST_RESTORE = "post:restore"
    POST_SHARE = "post:share"
    POST_UNBOOKMARK = "post:unbookmark"
    POST_UNLIKE = "post:unlike"
    POST_UNLOCK = "post:unlock"
    POST_UNPIN = "post:unpin"
    POST_UNSHARE = "post:unshare"
    POST_UPDATE = "post:update"
    REQUEST_APPROVE = "request:approve"
    REQUEST_REJECT = "request:reject"
    REQUEST_SEND = "request:send"
    REQUEST_WITHDRAW = "request:withdraw"
    ROLE_ASSIGN = "role:assign"
    ROLE_CREATE = "role:create"
    ROLE_REVOKE = "role:revoke"
    ROLE_UPDATE = "role:update"
    SESSION_BEGIN = "session:begin"
    SESSION_END = "session:end"
    SESSION_REFRESH = "session:refresh"
    USER_BAN = "user:ban"
    USER_BLOCK = "user:block"
    USER_FOLLOW = "user:follow"
    USER_MUTE = "user:mute"
    USER_PRIORITIZE = "user:prioritize"
    USER_READ = "user:read"
    USER_REMOVE_FOLLOWER = "user:remove_follower"
    USER_UNBAN = "user:unban"
    USER_UNBLOCK = "user:unblock"
    USER_UNFOLLOW = "user:unfollow"
    USER_UNMUTE = "user:unmute"
    WORD_MUTE = "word:mute"
    WORD_UNMUTE = "word:unmute"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    """A password or a code was wrong, or a token used twice."""
    DENIED = "denied"
    """The actor lacked a permission."""
    LIMITED = "limited"
    """Too many tries."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry. `action` is an `Action`, or one of another version of the product; `object_id` is the id of what it
    was done to, which tells its kind; `count` is how often the same happened when entries are written together.
    Details are few and short, and never secret.
    """

    id: ActivityId
    actor_id: UserId
    action: str
    outcome: Outcome = Outcome.DONE
    object_id: int | None = None
    address: str = ""
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    count: int = 1

    @property
    def at(self) -> datetime:
        """When, to the millisecond: ids are made of it."""
        return datetime.fromtimestamp(unix_ms(self.id) / 1000, UTC)

    def canonical(self) -> bytes:
        """What its hash covers: a JSON array, ASCII only, details in order of their names."""
        fields = [
            self.id,
            self.actor_id,
            str(self.action),
            self.outcome.value,
            self.object_id,
            self.address,
            dict(sorted(self.details.items())),
            self.count,
        ]
        return json.dumps(fields, separators=(",", ":")).encode("ascii")


class Link(NamedTuple):
    """An entry at its place in its actor's chain, counted from 1."""

    entry: Activity
    position: int
    hash: bytes


class ChainEnd(NamedTuple):
    """Where an actor's chain ends."""

    actor_id: UserId
    position: int
    hash: bytes


NO_LINK = b""
"""What the first entry of a chain is chained to."""


def link_hash(previous: bytes, canonical: bytes) -> bytes:
    """SHA-256 of the hash before and the entry's canonical form: 32 bytes."""
    return hashlib.sha256(previous + canonical).digest()
