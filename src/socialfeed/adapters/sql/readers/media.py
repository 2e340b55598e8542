"""Media."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, SelectBase, Text, bindparam, literal_column, select

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.media import MEDIA, media_from_row
from socialfeed.adapters.sql.tables import is_attached, is_lagging, is_orphaned, is_removed, media
from socialfeed.domain.ids import MediaId, PostId
from socialfeed.domain.media import Media, MediaStatus

_m = media.c
_BEFORE = _m.created_at < bindparam("before", type_=Moment)


def _media(dialect: Dialect) -> SelectBase:
    return select(*MEDIA).where(dialect.any_of(_m.id, "ids"))


def _of_posts(dialect: Dialect) -> SelectBase:
    return select(*MEDIA).where(is_attached, dialect.any_of(_m.post_id, "ids")).order_by(_m.post_id, _m.position)


def _unattached(_: Dialect, limit: int) -> SelectBase:
    return select(*MEDIA).where(is_orphaned, _BEFORE).order_by(_m.created_at, _m.id).limit(literal_column(str(limit)))


def _lagging(_: Dialect, limit: int) -> SelectBase:
    of_status = _m.status == bindparam("status", type_=Text)
    found = select(*MEDIA).where(is_lagging, of_status, _BEFORE).order_by(_m.created_at)
    return found.limit(literal_column(str(limit)))


def _removed(_: Dialect, limit: int) -> SelectBase:
    past = _m.id > bindparam("after", type_=BigInteger)
    return select(*MEDIA).where(is_removed, past).order_by(_m.id).limit(literal_column(str(limit)))


class SqlMediaReader(Reader):
    __slots__ = ()

    async def media_by_ids(self, ids: Sequence[MediaId]) -> dict[MediaId, Media]:
        rows = await self._database.by_key(_media, ids)
        return {row[0]: media_from_row(row) for row in rows}

    async def media_of_posts(self, post_ids: Sequence[PostId]) -> dict[PostId, list[Media]]:
        found: dict[PostId, list[Media]] = {}
        for row in await self._database.by_key(_of_posts, post_ids):
            media = media_from_row(row)
            if media.post_id is not None:
                found.setdefault(media.post_id, []).append(media)
        return found

    async def unattached(self, before: datetime, *, limit: int) -> list[Media]:
        return [media_from_row(row) for row in await self._database.rows(_unattached, limit, before=before)]

    async def lagging(self, status: MediaStatus, before: datetime, *, limit: int) -> list[Media]:
        rows = await self._database.rows(_lagging, limit, status=status.value, before=before)
        return [media_from_row(row) for row in rows]

    async def removed(self, after: MediaId | None, *, limit: int) -> list[Media]:
        return [media_from_row(row) for row in await self._database.rows(_removed, limit, after=after or 0)]
