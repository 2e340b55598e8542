"""Drafts: the repository of a transaction, and the reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.domain.draft import Draft
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.ids import DraftId, UserId


@dataclass(frozen=True, slots=True)
class MemoryDrafts:
    changes: Changes

    async def add(self, draft: Draft) -> None:
        if self.changes.drafts.get(draft.id) is not None:
            raise IdConflict
        self.changes.drafts.put(draft.id, draft)

    async def locked(self, draft_id: DraftId) -> Draft | None:
        return self.changes.drafts.get(draft_id)

    async def save(self, draft: Draft) -> None:
        self.changes.drafts.put(draft.id, draft)

    async def remove(self, draft_id: DraftId) -> None:
        self.changes.drafts.remove(draft_id)

    async def count_of(self, author_id: UserId) -> int:
        return len(self._of(author_id))

    async def remove_of(self, author_id: UserId) -> None:
        for draft in self._of(author_id):
            self.changes.drafts.remove(draft.id)

    def _of(self, author_id: UserId) -> list[Draft]:
        return self.changes.drafts.matching(self.changes.database.drafts_by_author, author_id)


@dataclass(frozen=True, slots=True)
class MemoryDraftReader:
    database: Database

    async def drafts_by_ids(self, ids: Sequence[DraftId]) -> dict[DraftId, Draft]:
        return self.database.drafts.by_keys(ids)

    async def page(
        self, author_id: UserId, *, scheduled: bool | None = None, limit: int, before: DraftId | None = None
    ) -> list[Draft]:
        keys = self.database.drafts_by_author.keys(author_id)
        newest = (self.database.drafts.rows[key] for key in reversed(keys) if before is None or key < before)
        wanted = [draft for draft in newest if scheduled in (None, draft.scheduled_at is not None)]
        return wanted[:limit]

    async def due(self, at: datetime, *, limit: int) -> list[Draft]:
        due = [draft for draft in self.database.drafts.rows.values() if draft.is_due(at)]
        return sorted(due, key=lambda draft: (draft.scheduled_at, draft.id))[:limit]
