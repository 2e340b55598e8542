"""Sessions and revocations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, SelectBase, bindparam, func, literal_column, select

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.sessions import SESSION, session_from_row
from socialfeed.adapters.sql.tables import revocations, sessions
from socialfeed.domain.ids import EventId, SessionId, UserId
from socialfeed.domain.session import Session


def _sessions(dialect: Dialect) -> SelectBase:
    return select(*SESSION).where(dialect.any_of(sessions.c.id, "ids"))


def _sessions_of(_: Dialect) -> SelectBase:
    return (
        select(*SESSION)
        .where(
            sessions.c.user_id == bindparam("user", type_=BigInteger),
            sessions.c.expires_at > bindparam("at", type_=Moment),
        )
        .order_by(sessions.c.used_at.desc(), sessions.c.id.desc())
    )


def _last_active(_: Dialect, limit: int) -> SelectBase:
    last = func.max(sessions.c.used_at)
    used = select(sessions.c.user_id).where(sessions.c.used_at >= bindparam("since", type_=Moment))
    newest = used.group_by(sessions.c.user_id).order_by(last.desc(), sessions.c.user_id.desc())
    return newest.limit(literal_column(str(limit)))


def _revoked_since(_: Dialect) -> SelectBase:
    revoked = revocations.c
    return select(revoked.id, revoked.user_id).where(revoked.at >= bindparam("since", type_=Moment))


class SqlSessionReader(Reader):
    __slots__ = ()

    async def sessions_by_ids(self, ids: Sequence[SessionId]) -> dict[SessionId, Session]:
        rows = await self._database.by_key(_sessions, ids)
        return {row[0]: session_from_row(row) for row in rows}

    async def sessions_of(self, user_id: UserId, at: datetime) -> list[Session]:
        rows = await self._database.rows(_sessions_of, user=user_id, at=at)
        return [session_from_row(row) for row in rows]

    async def last_active(self, since: datetime, *, limit: int) -> list[UserId]:
        rows = await self._database.rows(_last_active, limit, since=since)
        return [UserId(user) for (user,) in rows]

    async def revoked_since(self, since: datetime) -> dict[EventId, UserId]:
        rows = await self._database.rows(_revoked_since, since=since)
        return {EventId(event): UserId(user) for event, user in rows}
