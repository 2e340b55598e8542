"""Media, and what each owner's count together.

Rows of media are locked in the order of their ids, an owner's row of usage after them and just before the commit.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Insert, bindparam, delete, insert, or_, select, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.errors import conflicts_named
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.media import MEDIA, media_from_row, media_values
from socialfeed.adapters.sql.tables import media, media_usage
from socialfeed.domain.errors import MediaNotFound, QuotaExceeded, TooManyPending
from socialfeed.domain.ids import DraftId, MediaId, PostId, UserId
from socialfeed.domain.media import Allowance, Media, check_attachable, check_named

_m, _u = media.c, media_usage.c

_IS_THIS = _m.id == bindparam("media")
_LOCK = select(*MEDIA).where(_IS_THIS).with_for_update()
_ADD = insert(media)
_SAVE = update(media).where(_IS_THIS)
_FORGET = delete(media).where(_IS_THIS).returning(*MEDIA)
_OF_POST = select(*MEDIA).where(_m.post_id == bindparam("post")).order_by(_m.id).with_for_update()
_OF_OWNER = (
    select(*MEDIA).where(_m.owner_id == bindparam("owner"), _m.removed_at.is_(None)).order_by(_m.id).with_for_update()
)
_BLANK = update(media).where(_m.owner_id == bindparam("owner")).values(alt_text="")
_USAGE = select(_u.bytes, _u.pending).where(_u.owner_id == bindparam("owner"))
_COUNT = (
    update(media_usage)
    .where(_u.owner_id == bindparam("owner"))
    .values(bytes=_u.bytes + bindparam("more_bytes"), pending=_u.pending + bindparam("more_pending"))
)


@cache
def _reserve(dialect: Dialect) -> Insert:
    """One statement: of two who ask for the last byte, the second waits for the first and then sees it taken."""
    reserve = dialect.insert(media_usage)
    return reserve.on_conflict_do_update(
        index_elements=["owner_id"],
        set_={"bytes": _u.bytes + reserve.excluded.bytes, "pending": _u.pending + reserve.excluded.pending},
        where=(_u.bytes + reserve.excluded.bytes <= bindparam("quota")) & (_u.pending < bindparam("at_once")),
    )


class SqlMediaItems(Repository):
    __slots__ = ()

    async def add(self, media: Media, allowance: Allowance) -> None:
        async with conflicts_named(self._connection):
            await self._run(_ADD, media_values(media))
            await self._reserve(media, allowance)

    async def locked(self, media_id: MediaId) -> Media | None:
        row = await self._first(_LOCK, {"media": media_id})
        return media_from_row(row) if row else None

    async def save(self, media: Media) -> None:
        old = await self.locked(media.id)
        if old is None:
            raise MediaNotFound
        await self._store(media)
        await self._count(media.owner_id, [(old, media)])

    async def forget(self, media_id: MediaId) -> None:
        row = await self._first(_FORGET, {"media": media_id})
        if row:
            old = media_from_row(row)
            await self._count(old.owner_id, [(old, None)])

    async def attach(
        self, post_id: PostId, owner_id: UserId, media_ids: Sequence[MediaId], *, draft_id: DraftId | None = None
    ) -> bool:
        found = await self._lock(_m.post_id == post_id, media_ids)
        check_attachable(owner_id, media_ids, found, post_id=post_id, draft_id=draft_id)
        places = {media_id: number for number, media_id in enumerate(media_ids)}
        changed = False
        for media_id, item in found.items():
            place = places.get(media_id)
            given = item.detached() if place is None else item.attached(post_id, place)
            if given != item:
                await self._store(given)
                changed = True
        return changed

    async def hold(self, draft_id: DraftId, owner_id: UserId, media_ids: Sequence[MediaId]) -> None:
        found = await self._lock(_m.draft_id == draft_id, media_ids)
        check_attachable(owner_id, media_ids, found, draft_id=draft_id)
        for media_id, item in found.items():
            given = item.held(draft_id) if media_id in media_ids else item.detached()
            if given != item:
                await self._store(given)

    async def remove_of_post(self, post_id: PostId, at: datetime) -> None:
        rows = await self._connection.execute(_OF_POST, {"post": post_id})
        await self._remove(map(media_from_row, rows), at)

    async def remove_of(self, owner_id: UserId, at: datetime) -> None:
        rows = await self._connection.execute(_OF_OWNER, {"owner": owner_id})
        await self._remove(map(media_from_row, rows), at)
        await self._run(_BLANK, {"owner": owner_id})

    async def _lock(self, had: ColumnElement[bool], media_ids: Sequence[MediaId]) -> dict[MediaId, Media]:
        """What was had, and what is named: not more than a statement can name."""
        check_named(media_ids)
        wanted = or_(had, _m.id.in_(list(media_ids)))
        rows = await self._connection.execute(select(*MEDIA).where(wanted).order_by(_m.id).with_for_update())
        return {item.id: item for item in map(media_from_row, rows)}

    async def _reserve(self, media: Media, allowance: Allowance) -> None:
        values = {
            "owner_id": media.owner_id,
            "bytes": media.bytes,
            "pending": int(media.is_unfinished),
            "quota": allowance.bytes,
            "at_once": allowance.pending,
        }
        if media.bytes <= allowance.bytes and await self._run(_reserve(self._dialect), values):
            return
        used = await self._first(_USAGE, {"owner": media.owner_id})
        raise TooManyPending if used and used[1] >= allowance.pending else QuotaExceeded

    async def _remove(self, found: Iterable[Media], at: datetime) -> None:
        changes = [(item, item.removed(at)) for item in found]
        for _, removed in changes:
            await self._store(removed)
        if changes:
            await self._count(changes[0][0].owner_id, changes)

    async def _store(self, media: Media) -> None:
        await self._run(_SAVE, {"media": media.id, **media_values(media)})

    async def _count(self, owner_id: UserId, changes: Iterable[tuple[Media, Media | None]]) -> None:
        """From what was to what is, all of one owner."""
        more_bytes = more_pending = 0
        for old, new in changes:
            more_bytes += (new.bytes_counted if new else 0) - old.bytes_counted
            more_pending += (new.is_unfinished if new else False) - old.is_unfinished
        if more_bytes or more_pending:
            values = {"owner": owner_id, "more_bytes": more_bytes, "more_pending": more_pending}
            await self._run(_COUNT, values)
