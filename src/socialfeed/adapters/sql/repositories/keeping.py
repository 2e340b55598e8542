"""Bookmarks and pinned posts."""

from datetime import datetime
from functools import cache

from sqlalchemy import Insert, bindparam, delete, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.keeping import bookmark_values
from socialfeed.adapters.sql.tables import bookmarks, pins
from socialfeed.domain.bookmark import Bookmark
from socialfeed.domain.ids import PostId, UserId

_OF_USER = bookmarks.c.user_id == bindparam("user")
_REMOVE = delete(bookmarks).where(_OF_USER, bookmarks.c.post_id == bindparam("post"))
_REMOVE_ALL = delete(bookmarks).where(_OF_USER)
_MOVE = update(bookmarks).where(_OF_USER, bookmarks.c.folder == bindparam("from")).values(folder=bindparam("to"))
_UNPIN = delete(pins).where(pins.c.user_id == bindparam("user")).returning(pins.c.post_id)


@cache
def _put(dialect: Dialect) -> Insert:
    put = dialect.insert(bookmarks)
    return put.on_conflict_do_update(
        index_elements=["post_id", "user_id"],
        set_={"folder": put.excluded.folder},
        where=bookmarks.c.folder != put.excluded.folder,
    )


@cache
def _pin(dialect: Dialect) -> Insert:
    pin = dialect.insert(pins)
    return pin.on_conflict_do_update(
        index_elements=["user_id"],
        set_={"post_id": pin.excluded.post_id, "created_at": pin.excluded.created_at},
        where=pins.c.post_id != pin.excluded.post_id,
    )


class SqlBookmarks(Repository):
    __slots__ = ()

    async def put(self, bookmark: Bookmark) -> bool:
        return bool(await self._run(_put(self._dialect), bookmark_values(bookmark)))

    async def remove(self, user_id: UserId, post_id: PostId) -> bool:
        return bool(await self._run(_REMOVE, {"user": user_id, "post": post_id}))

    async def move(self, user_id: UserId, folder: str, to: str) -> int:
        return await self._run(_MOVE, {"user": user_id, "from": folder, "to": to})

    async def remove_of(self, user_id: UserId) -> None:
        await self._run(_REMOVE_ALL, {"user": user_id})


class SqlPins(Repository):
    __slots__ = ()

    async def put(self, user_id: UserId, post_id: PostId, at: datetime) -> bool:
        return bool(await self._run(_pin(self._dialect), {"user_id": user_id, "post_id": post_id, "created_at": at}))

    async def remove(self, user_id: UserId) -> PostId | None:
        row = await self._first(_UNPIN, {"user": user_id})
        return row[0] if row else None
