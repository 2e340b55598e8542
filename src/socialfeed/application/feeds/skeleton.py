"""Which posts and shares may stand in a home feed: ids only, newest first."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from socialfeed.application.ports.readers import Candidate, Doubts, PostReader
from socialfeed.application.ports.timelines import KEPT, Timeline, Timelines, Warming
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import EntryId, UserId

log = logging.getLogger(__name__)

_OWN_RECENT = 20
"""An author sees the own post at once though the fan-out takes a moment: so many own ones are merged at read."""

_WARMING_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Window:
    """The newest part of a home feed. Below `floor` the database has to be asked; None: there is no more."""

    candidates: Sequence[Candidate]
    floor: EntryId | None


class HomeSkeleton:
    """Timelines are a cache of the database: a cold one is answered from SQL, and what was read for the answer fills
    the timeline behind the reader's back. So a cache that was emptied costs the database one read for each reader.
    """

    def __init__(self, timelines: Timelines, posts: PostReader) -> None:
        self._timelines = timelines
        self._posts = posts
        self._filling: set[asyncio.Task[None]] = set()

    async def window(self, reader_id: UserId) -> Window:
        """The newest posts and shares, at most `KEPT`, of those whom the reader follows, and the reader's own.
        Timelines learn of an unfollow late and of a deletion never: `rules` have to be asked of all that is `doubtful`.
        """
        timeline = warming = None
        try:
            timeline = await self._timelines.read(reader_id)
            if timeline is None:
                warming = await self._timelines.start_warming(reader_id)
        except Unavailable:
            log.debug("timelines do not answer: the feed comes from the database")
        if timeline is not None:
            candidates, floor = await self._completed(reader_id, timeline)
        else:
            candidates, floor = await self._snapshot(reader_id)
            if warming is not None:
                self._fill_later(reader_id, warming, candidates, floor)
        if floor is not None:
            candidates = [candidate for candidate in candidates if candidate.id >= floor]
        return Window(candidates, floor)

    async def doubtful(self, reader_id: UserId, ids: Sequence[EntryId]) -> Doubts:
        """See `PostReader.doubtful`."""
        return await self._posts.doubtful(reader_id, ids)

    async def older(self, reader_id: UserId, *, before: EntryId, limit: int) -> list[Candidate]:
        """What the database has below an id: fewer than `limit` means there is no more."""
        followed = await self._posts.home_candidates(reader_id, limit=limit, before=before)
        own = await self._posts.newest_entries([reader_id], limit=limit, before=before)
        return _merged(followed, own)[:limit]

    async def warm(self, reader_id: UserId) -> None:
        """Fills a cold timeline, once however many ask. Pushes are kept from before the snapshot is taken.

        The right to fill lasts 30 seconds: a snapshot that would come later is given up, so that the next may begin.
        """
        warming = await self._timelines.start_warming(reader_id)
        if warming is None:
            return
        try:
            async with asyncio.timeout(_WARMING_SECONDS):
                candidates, floor = await self._snapshot(reader_id)
                await self._timelines.fill(reader_id, warming, candidates, floor)
        except Exception:
            await self._timelines.drop(reader_id)
            raise

    async def rebuild(self, reader_id: UserId) -> None:
        """Makes a timeline anew, whatever was in it. The database answers its reader meanwhile."""
        await self._timelines.drop(reader_id)
        await self.warm(reader_id)

    async def close(self) -> None:
        """Waits for timelines that are being filled."""
        await asyncio.gather(*self._filling, return_exceptions=True)

    async def _completed(self, reader_id: UserId, timeline: Timeline) -> tuple[list[Candidate], EntryId | None]:
        """The timeline with what was not pushed: the newest own entries, and those of accounts that are pulled. Where
        there are more of them than are read, and where all are more than `KEPT`, the floor rises.
        """
        own, pulled = await self._posts.not_pushed(reader_id, own=_OWN_RECENT, limit=KEPT, since=timeline.floor)
        candidates = _merged(timeline.entries, own, pulled)
        floors = [timeline.floor] if timeline.floor is not None else []
        if len(pulled) == KEPT:
            floors.append(pulled[-1].id)
        if len(candidates) > KEPT:
            floors.append(candidates[KEPT - 1].id)
        return candidates, max(floors, default=None)

    async def _snapshot(self, reader_id: UserId) -> tuple[list[Candidate], EntryId | None]:
        followed = await self._posts.home_candidates(reader_id, limit=KEPT)
        own = await self._posts.newest_entries([reader_id], limit=KEPT)
        candidates = _merged(followed, own)[:KEPT]
        return candidates, candidates[-1].id if len(candidates) == KEPT else None

    def _fill_later(
        self, reader_id: UserId, warming: Warming, candidates: Sequence[Candidate], floor: EntryId | None
    ) -> None:
        task = asyncio.create_task(self._fill_quietly(reader_id, warming, candidates, floor))
        self._filling.add(task)
        task.add_done_callback(self._filling.discard)

    async def _fill_quietly(
        self, reader_id: UserId, warming: Warming, candidates: Sequence[Candidate], floor: EntryId | None
    ) -> None:
        try:
            await self._timelines.fill(reader_id, warming, candidates, floor)
        except Unavailable as error:
            log.warning("timeline not filled: %s", error)
        except Exception:
            log.exception("timeline not filled")


def _merged(*lists: Iterable[Candidate]) -> list[Candidate]:
    """Newest first, each entry once."""
    return sorted(set(chain(*lists)), reverse=True)
