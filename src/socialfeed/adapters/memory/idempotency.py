"""Idempotency keys."""

from dataclasses import dataclass
from datetime import datetime

from socialfeed.adapters.memory.database import Changes
from socialfeed.domain.idempotency import IdempotencyKey


@dataclass(frozen=True, slots=True)
class MemoryIdempotencyKeys:
    changes: Changes

    async def claim(self, key: IdempotencyKey) -> IdempotencyKey:
        present = self.changes.idempotency_keys.get((key.user_id, key.key))
        if present is not None and present.is_live(key.created_at):
            return present
        self.changes.idempotency_keys.put((key.user_id, key.key), key)
        return key

    async def remove_before(self, moment: datetime, *, limit: int) -> int:
        rows = self.changes.database.idempotency_keys.rows
        old = [place for place, key in rows.items() if key.created_at < moment][:limit]
        for place in old:
            self.changes.idempotency_keys.remove(place)
        return len(old)
