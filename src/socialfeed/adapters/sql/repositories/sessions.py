"""Sessions, and the word that what was known of a user's sessions is void."""

from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, delete, insert, select, update

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.errors import conflicts_named
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.sessions import SESSION, session_from_row, session_values
from socialfeed.adapters.sql.tables import revocations, sessions
from socialfeed.domain.errors import SessionNotFound
from socialfeed.domain.ids import EventId, SessionId, UserId
from socialfeed.domain.session import Session

KEPT = timedelta(hours=2)
"""How long a revocation is: an hour is promised, and clocks differ."""

REMOVED_AT_ONCE = 100
"""Dead rows that one addition removes at most."""

_s, _r = sessions.c, revocations.c

_IS_THIS = _s.id == bindparam("session")
_OF_USER = _s.user_id == bindparam("user")

_LOCK = select(*SESSION).where(_IS_THIS).with_for_update()
_ADD = insert(sessions)
_SAVE = update(sessions).where(_IS_THIS)
_REMOVE = delete(sessions).where(_IS_THIS)

# What others hold is left to the next addition: nobody waits for the sake of tidiness.
_EXPIRED = (
    select(_s.id)
    .where(_OF_USER, _s.expires_at <= bindparam("now", type_=Moment))
    .limit(REMOVED_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_REMOVE_EXPIRED = delete(sessions).where(_s.id.in_(_EXPIRED))


def _in_order(of_user: Select[tuple[int]]) -> Select[tuple[int]]:
    """Locked in the order in which all lock: two who end the same sessions meet here."""
    return of_user.order_by(_s.id).with_for_update()


_REMOVE_ALL = delete(sessions).where(_s.id.in_(_in_order(select(_s.id).where(_OF_USER))))
_REMOVE_OTHERS = delete(sessions).where(
    _s.id.in_(_in_order(select(_s.id).where(_OF_USER, _s.id != bindparam("session"))))
)

_REVOKE = insert(revocations)
_OLD = (
    select(_r.id)
    .where(_r.at < bindparam("kept_from", type_=Moment))
    .limit(REMOVED_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_FORGET_OLD = delete(revocations).where(_r.id.in_(_OLD))


class SqlSessions(Repository):
    __slots__ = ()

    async def get(self, session_id: SessionId) -> Session | None:
        row = await self._first(_LOCK, {"session": session_id})
        return session_from_row(row) if row else None

    async def add(self, session: Session) -> None:
        await self._run(_REMOVE_EXPIRED, {"user": session.user_id, "now": session.created_at})
        async with conflicts_named(self._connection):
            await self._run(_ADD, session_values(session))

    async def save(self, session: Session) -> None:
        if not await self._run(_SAVE, {"session": session.id, **session_values(session)}):
            raise SessionNotFound

    async def remove(self, session_id: SessionId) -> bool:
        return bool(await self._run(_REMOVE, {"session": session_id}))

    async def remove_of(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        if but is None:
            return await self._run(_REMOVE_ALL, {"user": user_id})
        return await self._run(_REMOVE_OTHERS, {"user": user_id, "session": but})


class SqlRevocations(Repository):
    __slots__ = ()

    async def add(self, event_id: EventId, user_id: UserId, at: datetime) -> None:
        """Raises `IdConflict`."""
        await self._run(_FORGET_OLD, {"kept_from": at - KEPT})
        async with conflicts_named(self._connection):
            await self._run(_REVOKE, {"id": event_id, "user_id": user_id, "at": at})
