"""Events on their way out, and those that came in."""

from datetime import datetime
from functools import cache

from sqlalchemy import Insert, bindparam, select

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.messages import envelope_values
from socialfeed.adapters.sql.tables import inbox, outbox
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.events import Envelope
from socialfeed.domain.ids import EventId

_SEEN = select(inbox.c.at).where(inbox.c.event_id == bindparam("event"), inbox.c.consumer == bindparam("consumer"))


@cache
def _send(dialect: Dialect) -> Insert:
    return dialect.insert(outbox).on_conflict_do_nothing(index_elements=["id"])


@cache
def _claim(dialect: Dialect) -> Insert:
    return dialect.insert(inbox).on_conflict_do_nothing(index_elements=["event_id", "consumer"])


class SqlOutbox(Repository):
    __slots__ = ()

    async def add(self, envelope: Envelope) -> None:
        """Raises `IdConflict`."""
        if not await self._run(_send(self._dialect), envelope_values(envelope)):
            raise IdConflict


class SqlInbox(Repository):
    __slots__ = ()

    async def claim(self, event_id: EventId, consumer: str, at: datetime) -> bool:
        claim = {"event_id": event_id, "consumer": consumer, "at": at}
        return bool(await self._run(_claim(self._dialect), claim))

    async def seen(self, event_id: EventId, consumer: str) -> bool:
        return await self._first(_SEEN, {"event": event_id, "consumer": consumer}) is not None
