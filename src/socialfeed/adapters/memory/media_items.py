"""Media in memory: rows, and what each owner's count together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from socialfeed.adapters.memory.database import Changes, Database, MediaUsage
from socialfeed.domain.errors import IdConflict, MediaNotFound, QuotaExceeded, TooManyPending
from socialfeed.domain.ids import DraftId, MediaId, PostId, UserId
from socialfeed.domain.media import Allowance, Media, MediaStatus, check_attachable


class _Change(NamedTuple):
    old: Media | None
    new: Media | None


@dataclass(frozen=True, slots=True)
class MemoryMediaItems:
    changes: Changes

    async def add(self, media: Media, allowance: Allowance) -> None:
        if self.changes.media.get(media.id) is not None:
            raise IdConflict
        used = self._usage(media.owner_id)
        if used.pending >= allowance.pending:
            raise TooManyPending
        if used.bytes + media.bytes > allowance.bytes:
            raise QuotaExceeded
        self._apply(_Change(None, media))

    async def locked(self, media_id: MediaId) -> Media | None:
        return self.changes.media.get(media_id)

    async def save(self, media: Media) -> None:
        old = self.changes.media.get(media.id)
        if old is None:
            raise MediaNotFound
        self._apply(_Change(old, media))

    async def forget(self, media_id: MediaId) -> None:
        old = self.changes.media.get(media_id)
        if old is not None:
            self._apply(_Change(old, None))

    async def attach(
        self, post_id: PostId, owner_id: UserId, media_ids: Sequence[MediaId], *, draft_id: DraftId | None = None
    ) -> bool:
        named = self._named(media_ids)
        check_attachable(owner_id, media_ids, named, post_id=post_id, draft_id=draft_id)
        changes = [_Change(media, media.detached()) for media in self._of_post(post_id) if media.id not in named]
        changes += [
            _Change(named[media_id], named[media_id].attached(post_id, place))
            for place, media_id in enumerate(media_ids)
        ]
        for change in changes:
            self._apply(change)
        return any(change.old != change.new for change in changes)

    async def hold(self, draft_id: DraftId, owner_id: UserId, media_ids: Sequence[MediaId]) -> None:
        named = self._named(media_ids)
        check_attachable(owner_id, media_ids, named, draft_id=draft_id)
        for media in self.changes.media.matching(self.changes.database.media_by_draft, draft_id):
            if media.id not in named:
                self._apply(_Change(media, media.detached()))
        for media in named.values():
            self._apply(_Change(media, media.held(draft_id)))

    async def remove_of_post(self, post_id: PostId, at: datetime) -> None:
        self._remove(self._of_post(post_id), at)

    async def remove_of(self, owner_id: UserId, at: datetime) -> None:
        index = self.changes.database.media_by_owner
        self._remove(self.changes.media.matching(index, owner_id), at)
        for media in self.changes.media.matching(index, owner_id):
            self.changes.media.put(media.id, replace(media, alt_text=""))

    def _named(self, media_ids: Sequence[MediaId]) -> dict[MediaId, Media]:
        found = map(self.changes.media.get, media_ids)
        return {media.id: media for media in found if media is not None}

    def _of_post(self, post_id: PostId) -> list[Media]:
        return self.changes.media.matching(self.changes.database.media_by_post, post_id)

    def _remove(self, found: Iterable[Media], at: datetime) -> None:
        for media in found:
            self._apply(_Change(media, media.removed(at)))

    def _usage(self, owner_id: UserId) -> MediaUsage:
        return self.changes.media_usage.get(owner_id) or MediaUsage()

    def _apply(self, change: _Change) -> None:
        """Stores the row, and counts from what was to what is."""
        either = change.new or change.old
        if either is None:
            return
        if change.new is None:
            self.changes.media.remove(either.id)
        else:
            self.changes.media.put(either.id, change.new)
        used = self._usage(either.owner_id)
        for media, sign in ((change.old, -1), (change.new, 1)):
            if media is not None:
                used = MediaUsage(used.bytes + sign * media.bytes_counted, used.pending + sign * media.is_unfinished)
        self.changes.media_usage.put(either.owner_id, used)


@dataclass(frozen=True, slots=True)
class MemoryMediaReader:
    database: Database

    async def media_by_ids(self, ids: Sequence[MediaId]) -> dict[MediaId, Media]:
        return self.database.media.by_keys(ids)

    async def media_of_posts(self, post_ids: Sequence[PostId]) -> dict[PostId, list[Media]]:
        found = {}
        for post_id in post_ids:
            rows = [self.database.media.rows[key] for key in self.database.media_by_post.keys(post_id)]
            if rows:
                found[post_id] = sorted(rows, key=lambda media: media.position)
        return found

    async def unattached(self, before: datetime, *, limit: int) -> list[Media]:
        free = [media for media in self._kept() if media.post_id is None and media.draft_id is None]
        return self._begun(before, limit, free)

    async def lagging(self, status: MediaStatus, before: datetime, *, limit: int) -> list[Media]:
        return self._begun(before, limit, [media for media in self._kept() if media.status is status])

    async def removed(self, after: MediaId | None, *, limit: int) -> list[Media]:
        rows = self.database.media.rows
        ids = sorted(key for key, media in rows.items() if media.is_removed and key > (after or 0))
        return [rows[key] for key in ids[:limit]]

    def _kept(self) -> list[Media]:
        return [media for media in self.database.media.rows.values() if not media.is_removed]

    @staticmethod
    def _begun(before: datetime, limit: int, among: Iterable[Media]) -> list[Media]:
        begun = [media for media in among if media.created_at < before]
        return sorted(begun, key=lambda media: (media.created_at, media.id))[:limit]
