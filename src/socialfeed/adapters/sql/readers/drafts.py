"""Drafts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, SelectBase, bindparam, literal_column, select

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.drafts import DRAFT, draft_from_row
from socialfeed.adapters.sql.tables import drafts, is_planned
from socialfeed.domain.draft import Draft
from socialfeed.domain.ids import MAX_ID, DraftId, UserId

_d = drafts.c


def _drafts(dialect: Dialect) -> SelectBase:
    return select(*DRAFT).where(dialect.any_of(_d.id, "ids"))


def _page(dialect: Dialect, limit: int, chosen: bool, scheduled: bool) -> SelectBase:
    """An author has few enough to walk past those that are not `chosen`."""
    author, before = bindparam("author", type_=BigInteger), bindparam("before", type_=BigInteger)
    found = select(*DRAFT)
    if chosen:
        found = found.where(_d.scheduled_at.is_not(None) if scheduled else _d.scheduled_at.is_(None))
    newest = Walk(_d.author_id, author, _d.id, before, newest_first=True)
    return dialect.walked(found, newest).limit(literal_column(str(limit)))


def _due(_: Dialect, limit: int) -> SelectBase:
    due = select(*DRAFT).where(is_planned, _d.scheduled_at <= bindparam("at", type_=Moment))
    return due.order_by(_d.scheduled_at, _d.id).limit(literal_column(str(limit)))


class SqlDraftReader(Reader):
    __slots__ = ()

    async def drafts_by_ids(self, ids: Sequence[DraftId]) -> dict[DraftId, Draft]:
        return {row[0]: draft_from_row(row) for row in await self._database.by_key(_drafts, ids)}

    async def page(
        self, author_id: UserId, *, scheduled: bool | None = None, limit: int, before: DraftId | None = None
    ) -> list[Draft]:
        rows = await self._database.rows(
            _page,
            limit,
            scheduled is not None,
            bool(scheduled),
            author=author_id,
            before=MAX_ID if before is None else before,
        )
        return [draft_from_row(row) for row in rows]

    async def due(self, at: datetime, *, limit: int) -> list[Draft]:
        return [draft_from_row(row) for row in await self._database.rows(_due, limit, at=at)]
