"""Events in the outbox that failed too often."""

from typing import Any

from sqlalchemy import Delete, SelectBase, Update, bindparam, delete, func, literal_column, select, update

from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.tables import outbox
from socialfeed.application.ports.parked import Parked
from socialfeed.domain.ids import MAX_ID

_IS_PARKED = outbox.c.parked_at.is_not(None)
_THIS_ONE = outbox.c.id == bindparam("event")
_RETRY = update(outbox).where(_THIS_ONE, _IS_PARKED).values(parked_at=None, retry_at=None, attempts=0, last_error=None)
_DISCARD = delete(outbox).where(_THIS_ONE, _IS_PARKED)


def _count(_: Dialect) -> SelectBase:
    return select(func.count()).select_from(outbox).where(_IS_PARKED)


def _oldest(_: Dialect, limit: int) -> SelectBase:
    columns = (outbox.c.id, outbox.c.name, outbox.c.attempts, outbox.c.parked_at, outbox.c.last_error)
    in_order = select(*columns).where(_IS_PARKED).order_by(outbox.c.parked_at, outbox.c.id)
    return in_order.limit(literal_column(str(limit)))


class SqlParked:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self) -> int:
        [(parked,)] = await self._database.rows(_count)
        return int(parked)

    async def oldest(self, *, limit: int) -> list[Parked]:
        rows = await self._database.rows(_oldest, limit)
        return [
            Parked(str(event_id), "outbox", name, event_id, tries, to_datetime(at), reason or "")
            for event_id, name, tries, at, reason in rows
        ]

    async def retry(self, parked_id: str) -> bool:
        return await self._changed(_RETRY, parked_id)

    async def discard(self, parked_id: str) -> bool:
        return await self._changed(_DISCARD, parked_id)

    async def _changed(self, statement: Update | Delete, parked_id: str) -> bool:
        if not (parked_id.isascii() and parked_id.isdigit()) or int(parked_id) > MAX_ID:
            return False
        async with self._database.begin() as connection:
            result: Any = await connection.execute(statement, {"event": int(parked_id)})
        return bool(result.rowcount)
