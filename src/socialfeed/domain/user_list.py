"""Lists of accounts that somebody reads apart. Nobody else ever learns of them, those who are on them included."""

from dataclasses import dataclass, replace
from datetime import datetime

from socialfeed.domain import text
from socialfeed.domain.ids import EventId, ListId, UserId

NAME_MAX = 64
LISTS_MAX = 50
"""For each user."""

MEMBERS_MAX = 500
"""On each list, those whom its owner does not see any more included."""


@dataclass(frozen=True, slots=True)
class UserList:
    """Two of one owner may have the same name. `updated_at` is when it was made, or last renamed."""

    id: ListId
    owner_id: UserId
    name: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def make(cls, list_id: ListId, owner_id: UserId, name: str, *, at: datetime) -> "UserList":
        """Raises `Invalid`."""
        return cls(list_id, owner_id, clean_list_name(name), at, at)

    def renamed(self, name: str, *, at: datetime) -> "UserList":
        """The same where that is its name. Raises `Invalid`."""
        cleaned = clean_list_name(name)
        return self if cleaned == self.name else replace(self, name=cleaned, updated_at=at)


@dataclass(frozen=True, slots=True)
class Member:
    """At most one per list and user. Putting one there is an event, and has the id of one: later ones have a greater
    `id`.
    """

    id: EventId
    list_id: ListId
    user_id: UserId
    created_at: datetime


def clean_list_name(name: str) -> str:
    """1 to 64 characters. Raises `Invalid`."""
    return text.clean(name, "name", minimum=1, maximum=NAME_MAX)
