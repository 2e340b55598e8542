"""Lists of accounts: the repository of a transaction, and the reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.ids import MAX_ID, EventId, ListId, PostId, UserId
from socialfeed.domain.user_list import Member, UserList


@dataclass(frozen=True, slots=True)
class MemoryLists:
    changes: Changes

    async def add(self, new: UserList) -> None:
        if self.changes.lists.get(new.id) is not None:
            raise IdConflict
        self.changes.lists.put(new.id, new)

    async def locked(self, list_id: ListId) -> UserList | None:
        return self.changes.lists.get(list_id)

    async def save(self, changed: UserList) -> None:
        self.changes.lists.put(changed.id, changed)

    async def remove(self, list_id: ListId) -> None:
        for member in self._on(list_id):
            self._drop(member)
        self.changes.lists.remove(list_id)

    async def count_of(self, owner_id: UserId) -> int:
        return len(self._of(owner_id))

    async def add_member(self, member: Member) -> bool:
        key = member.list_id, member.user_id
        if self.changes.members.get(key) is not None:
            return False
        self.changes.members.put(key, member)
        return True

    async def remove_member(self, list_id: ListId, user_id: UserId) -> bool:
        return self.changes.members.remove((list_id, user_id)) is not None

    async def count_members(self, list_id: ListId) -> int:
        return len(self._on(list_id))

    async def remove_of(self, user_id: UserId) -> None:
        for mine in self._of(user_id):
            await self.remove(mine.id)
        for member in self.changes.members.matching(self.changes.database.members_by_user, user_id):
            self._drop(member)

    def _of(self, owner_id: UserId) -> list[UserList]:
        return self.changes.lists.matching(self.changes.database.lists_by_owner, owner_id)

    def _on(self, list_id: ListId) -> list[Member]:
        return self.changes.members.matching(self.changes.database.members_by_list, list_id)

    def _drop(self, member: Member) -> None:
        self.changes.members.remove((member.list_id, member.user_id))


@dataclass(frozen=True, slots=True)
class MemoryListReader:
    database: Database

    async def lists_by_ids(self, ids: Sequence[ListId]) -> dict[ListId, UserList]:
        return self.database.lists.by_keys(ids)

    async def page(
        self, owner_id: UserId, *, member_id: UserId | None = None, limit: int, before: ListId | None = None
    ) -> list[UserList]:
        members = self.database.members.rows
        keys = reversed(self.database.lists_by_owner.keys(owner_id))
        wanted = (
            key
            for key in keys
            if (before is None or key < before) and (member_id is None or (key, member_id) in members)
        )
        return [self.database.lists.rows[key] for key in wanted][:limit]

    async def members(
        self, list_ids: Sequence[ListId], *, limit: int, before: EventId | None = None
    ) -> dict[ListId, list[Member]]:
        below = before or MAX_ID
        found = {}
        for list_id in list_ids:
            older = (member for member in self._on(list_id) if member.id < below)
            found[list_id] = nlargest(limit, older, key=lambda member: member.id)
        return found

    async def newest_posts(self, list_id: ListId, *, limit: int, before: PostId | None = None) -> list[PostId]:
        by_author, below = self.database.posts_by_author, before or MAX_ID
        written = (post_id for member in self._on(list_id) for post_id in by_author.keys(member.user_id))
        return nlargest(limit, (post_id for post_id in written if post_id < below))

    async def member_counts(self, ids: Sequence[ListId]) -> dict[ListId, int]:
        return {list_id: len(self._on(list_id)) for list_id in ids}

    def _on(self, list_id: ListId) -> list[Member]:
        return list(self.database.members.by_keys(self.database.members_by_list.keys(list_id)).values())
