"""Sessions and revocations, written and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialfeed.adapters.memory.database import Changes, Database, Revocation
from socialfeed.domain.errors import IdConflict, SessionNotFound
from socialfeed.domain.ids import EventId, SessionId, UserId
from socialfeed.domain.session import Session

KEPT = timedelta(hours=1)
"""How long a revocation is."""


@dataclass(frozen=True, slots=True)
class MemorySessions:
    changes: Changes

    async def get(self, session_id: SessionId) -> Session | None:
        return self.changes.sessions.get(session_id)

    async def add(self, session: Session) -> None:
        if self.changes.sessions.get(session.id) is not None:
            raise IdConflict
        for other in self._of(session.user_id):
            if not other.is_live(session.created_at):
                self.changes.sessions.remove(other.id)
        self.changes.sessions.put(session.id, session)

    async def save(self, session: Session) -> None:
        if self.changes.sessions.get(session.id) is None:
            raise SessionNotFound
        self.changes.sessions.put(session.id, session)

    async def remove(self, session_id: SessionId) -> bool:
        return self.changes.sessions.remove(session_id) is not None

    async def remove_of(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        ended = [session.id for session in self._of(user_id) if session.id != but]
        for session_id in ended:
            self.changes.sessions.remove(session_id)
        return len(ended)

    def _of(self, user_id: UserId) -> list[Session]:
        return self.changes.sessions.matching(self.changes.database.sessions_by_user, user_id)


@dataclass(frozen=True, slots=True)
class MemoryRevocations:
    changes: Changes

    async def add(self, event_id: EventId, user_id: UserId, at: datetime) -> None:
        if self.changes.revocations.get(event_id) is not None:
            raise IdConflict
        self._forget_before(at - KEPT)
        self.changes.revocations.put(event_id, Revocation(user_id, at))

    def _forget_before(self, horizon: datetime) -> None:
        # Rows are in the order of their commits, so the old ones come first.
        for event_id, revocation in self.changes.database.revocations.rows.items():
            if revocation.at >= horizon:
                return
            self.changes.revocations.remove(event_id)


@dataclass(frozen=True, slots=True)
class MemorySessionReader:
    database: Database

    async def sessions_by_ids(self, ids: Sequence[SessionId]) -> dict[SessionId, Session]:
        return self.database.sessions.by_keys(ids)

    async def sessions_of(self, user_id: UserId, at: datetime) -> list[Session]:
        sessions = self.database.sessions.by_keys(self.database.sessions_by_user.keys(user_id)).values()
        live = [session for session in sessions if session.is_live(at)]
        return sorted(live, key=lambda session: (session.used_at, session.id), reverse=True)

    async def last_active(self, since: datetime, *, limit: int) -> list[UserId]:
        last: dict[UserId, datetime] = {}
        for session in self.database.sessions.rows.values():
            if session.used_at >= since:
                last[session.user_id] = max(session.used_at, last.get(session.user_id, since))
        return sorted(last, key=lambda user_id: (last[user_id], user_id), reverse=True)[:limit]

    async def revoked_since(self, since: datetime) -> dict[EventId, UserId]:
        rows = self.database.revocations.rows
        return {event_id: revocation.user_id for event_id, revocation in rows.items() if revocation.at >= since}
