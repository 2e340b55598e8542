"""Bookmarks and pinned posts."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, SelectBase, Text, bindparam, func, literal_column, select, tuple_

from socialfeed.adapters.sql.columns import storable
from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.keeping import BOOKMARK, bookmark_from_row
from socialfeed.adapters.sql.tables import bookmarks, pins
from socialfeed.domain.bookmark import Bookmark, Folder
from socialfeed.domain.ids import MAX_ID, EventId, PostId, UserId

_b = bookmarks.c
_USER, _BEFORE = bindparam("user", type_=BigInteger), bindparam("before", type_=BigInteger)


def _page(dialect: Dialect, limit: int) -> SelectBase:
    newest = Walk(_b.user_id, _USER, _b.id, _BEFORE, newest_first=True)
    return dialect.walked(select(*BOOKMARK), newest).limit(literal_column(str(limit)))


def _page_of_folder(_: Dialect, limit: int) -> SelectBase:
    """A walk over an index on three columns: said by comparing places, as in `Dialect.walked`."""
    folder = bindparam("folder", type_=Text)
    place = tuple_(_b.folder, _b.user_id, _b.id)
    found = select(*BOOKMARK).where(
        place < tuple_(folder, _USER, _BEFORE), place > tuple_(folder, _USER, literal_column("0"))
    )
    newest_first = (column.desc() for column in (_b.folder, _b.user_id, _b.id))
    return found.order_by(*newest_first).limit(literal_column(str(limit)))


def _folders(_: Dialect) -> SelectBase:
    return select(_b.folder, func.count()).where(_b.user_id == _USER).group_by(_b.folder)


def _pinned(dialect: Dialect) -> SelectBase:
    return select(pins.c.user_id, pins.c.post_id).where(dialect.any_of(pins.c.user_id, "ids"))


class SqlBookmarkReader(Reader):
    __slots__ = ()

    async def page(
        self, user_id: UserId, *, folder: str | None = None, limit: int, before: EventId | None = None
    ) -> list[Bookmark]:
        values = {"user": user_id, "before": MAX_ID if before is None else before}
        if folder is None:
            rows = await self._database.rows(_page, limit, **values)
        elif storable(folder):
            rows = await self._database.rows(_page_of_folder, limit, folder=folder, **values)
        else:
            return []
        return [bookmark_from_row(row) for row in rows]

    async def folders(self, user_id: UserId) -> list[Folder]:
        # Sorted here: a database may order letters as a dictionary of some language would.
        return sorted(Folder(*row) for row in await self._database.rows(_folders, user=user_id))


class SqlPinReader(Reader):
    __slots__ = ()

    async def pinned(self, user_ids: Sequence[UserId]) -> dict[UserId, PostId]:
        return {UserId(user): PostId(post) for user, post in await self._database.by_key(_pinned, user_ids)}
