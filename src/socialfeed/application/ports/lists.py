"""Lists of accounts: written in transactions, read as `ports.readers` says."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from socialfeed.domain.ids import EventId, ListId, PostId, UserId
from socialfeed.domain.user_list import Member, UserList


class Lists(Protocol):
    async def add(self, new: UserList) -> None:
        """Raises `IdConflict`."""

    async def locked(self, list_id: ListId) -> UserList | None:
        """The list, which nobody else changes, adds to or removes from until this transaction ends. Who locks an
        account, too, does that first.
        """

    async def save(self, changed: UserList) -> None:
        """Replaces the stored list of this id, which must be `locked`."""

    async def remove(self, list_id: ListId) -> None:
        """With all who are on it; the list must be `locked`."""

    async def count_of(self, owner_id: UserId) -> int:
        """How many the owner has. Exact where the owner's account is locked."""

    async def add_member(self, member: Member) -> bool:
        """Idempotent: whether the user is new on the list, which must be `locked`."""

    async def remove_member(self, list_id: ListId, user_id: UserId) -> bool:
        """Whether the user was on the list, which must be `locked`."""

    async def count_members(self, list_id: ListId) -> int:
        """Exact where the list is locked."""

    async def remove_of(self, user_id: UserId) -> None:
        """Removes all of the user's lists, and the user from those of others. Nobody puts the user on one meanwhile who
        locks the user's account for it, as the caller does.
        """


class ListReader(Protocol):
    async def lists_by_ids(self, ids: Sequence[ListId]) -> dict[ListId, UserList]: ...

    async def page(
        self, owner_id: UserId, *, member_id: UserId | None = None, limit: int, before: ListId | None = None
    ) -> list[UserList]:
        """The owner's lists with an id below `before`, newest first: those that the member is on, or all."""

    async def members(
        self, list_ids: Sequence[ListId], *, limit: int, before: EventId | None = None
    ) -> Mapping[ListId, Sequence[Member]]:
        """Of each list the last who were put on it, the last first, ids below `before`; lists without any may be left
        out.
        """

    async def newest_posts(self, list_id: ListId, *, limit: int, before: PostId | None = None) -> list[PostId]:
        """The newest posts of those on the list, newest first, ids below `before`: all, whoever they are for."""

    async def member_counts(self, ids: Sequence[ListId]) -> dict[ListId, int]:
        """Lists without any may be left out."""
