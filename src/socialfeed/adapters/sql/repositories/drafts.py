"""Drafts."""

from sqlalchemy import bindparam, delete, func, insert, select, update

from socialfeed.adapters.sql.errors import conflicts_named
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.drafts import DRAFT, draft_from_row, draft_values
from socialfeed.adapters.sql.tables import drafts
from socialfeed.domain.draft import Draft
from socialfeed.domain.ids import DraftId, UserId

_OF_AUTHOR = drafts.c.author_id == bindparam("author")
_ADD = insert(drafts)
_LOCK = select(*DRAFT).where(drafts.c.id == bindparam("draft")).with_for_update()
_SAVE = update(drafts).where(drafts.c.id == bindparam("key"))
_REMOVE = delete(drafts).where(drafts.c.id == bindparam("draft"))
_REMOVE_ALL = delete(drafts).where(_OF_AUTHOR)
_COUNT = select(func.count()).select_from(drafts).where(_OF_AUTHOR)


class SqlDrafts(Repository):
    __slots__ = ()

    async def add(self, draft: Draft) -> None:
        async with conflicts_named(self._connection):
            await self._run(_ADD, draft_values(draft))

    async def locked(self, draft_id: DraftId) -> Draft | None:
        row = await self._first(_LOCK, {"draft": draft_id})
        return draft_from_row(row) if row else None

    async def save(self, draft: Draft) -> None:
        await self._run(_SAVE, {"key": draft.id, **draft_values(draft)})

    async def remove(self, draft_id: DraftId) -> None:
        await self._run(_REMOVE, {"draft": draft_id})

    async def count_of(self, author_id: UserId) -> int:
        row = await self._first(_COUNT, {"author": author_id})
        return int(row[0]) if row else 0

    async def remove_of(self, author_id: UserId) -> None:
        await self._run(_REMOVE_ALL, {"author": author_id})
