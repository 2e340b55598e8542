"""Whether what is kept beside the database still says what the database says: timelines, trends, the search index.

They follow by jobs, so they are behind all the time, and a difference that is seen once means nothing. What differs is
looked at again when the jobs had their time, and only what differs still is told; posts of the last minute, whose
fan-out may be under way, are left out.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.feeds.trends import COMPARED, TrendDrift, Trends
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.outbox import OutboxRelay
from socialfeed.application.ports.readers import EngagementReader, PostReader
from socialfeed.application.ports.search import SearchIndex
from socialfeed.application.ports.timelines import KEPT, Timelines
from socialfeed.application.ports.trending import Trending
from socialfeed.application.search.indexing import SearchIndexing
from socialfeed.domain.ids import EntryId, PostId, UserId, first_id, is_share, shares_among
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import EVERYWHERE

YOUNG = timedelta(minutes=1)
"""How long a post may be on its way."""

PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 10.0
"""Between the two looks: at least the one, and at most the other while events wait in the outbox."""

_AT_ONCE = 500


class TimelineDrift(NamedTuple):
    """`missing` are posts and shares above the floor, of those whom the owner follows or of the owner, that are not
    there; `foreign` are entries that name another account than the post or the share is of.
    """

    owner_id: UserId
    missing: Sequence[EntryId]
    foreign: Sequence[EntryId]


class SearchDrift(NamedTuple):
    """A post that may be found and is not in the index, or that is there and may not be found."""

    post_id: PostId
    is_indexed: bool


class Jobs:
    """The time that jobs get between two looks."""

    def __init__(self, outbox: OutboxRelay) -> None:
        self._outbox = outbox
        self._patience = PATIENCE_SECONDS

    async def had_their_time(self) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        while self._patience > 0 and await self._outbox.backlog():
            # All of it only once: where nobody relays, waiting longer each time would change nothing.
            self._patience -= PAUSE_SECONDS
            await asyncio.sleep(PAUSE_SECONDS)


class TimelineInspection:
    """A warm timeline must have every post and share above its floor, whoever pulls excepted, and none that never
    belonged there. Entries of accounts that are no longer followed, and of what is gone, are no fault: who reads leaves
    them out, and they fall off the end.
    """

    def __init__(
        self,
        timelines: Timelines,
        home: HomeSkeleton,
        posts: PostReader,
        engagement: EngagementReader,
        outbox: OutboxRelay,
        clock: Clock,
    ) -> None:
        self._timelines = timelines
        self._home = home
        self._posts = posts
        self._engagement = engagement
        self._outbox = outbox
        self._clock = clock

    async def compared(self, *, limit: int | None = None) -> AsyncIterator[tuple[int, list[TimelineDrift]]]:
        """Goes through the timelines that are warm, so many at most: how many were compared at a time, and which of
        them differ. None of them is kept alive by it. Raises `Unavailable`.
        """
        jobs, compared = Jobs(self._outbox), 0
        async for owners in self._timelines.owners():
            chosen = owners if limit is None else owners[: limit - compared]
            found = {owner: drift for owner in chosen if (drift := await self._drift(owner)) is not None}
            suspects = [drift for drift in found.values() if drift.missing or drift.foreign]
            if suspects:
                await jobs.had_their_time()
                suspects = [drift for suspect in suspects if (drift := await self._persisting(suspect)) is not None]
            compared += len(chosen)
            yield len(found), suspects
            if limit is not None and compared >= limit:
                return

    async def mend(self, owner_id: UserId) -> None:
        await self._home.rebuild(owner_id)

    async def _drift(self, owner_id: UserId) -> TimelineDrift | None:
        """None where the timeline is not warm."""
        timeline = await self._timelines.read(owner_id, renew=False)
        if timeline is None:
            return None
        followed = await self._posts.home_candidates(owner_id, limit=KEPT)
        own = await self._posts.newest_entries([owner_id], limit=KEPT)
        left = await self._posts.not_pushed(owner_id, own=1, limit=KEPT, since=timeline.floor)
        pulled = {candidate.account_id for candidate in left.pulled}
        kept = {entry.id for entry in timeline.entries}
        young = first_id(self._clock.now() - YOUNG)
        missing = [
            candidate.id
            for candidate in sorted({*followed, *own}, reverse=True)[:KEPT]
            if (timeline.floor or 0) <= candidate.id < young
            and candidate.id not in kept
            and candidate.account_id not in pulled
        ]
        made_by = await self._made_by([entry.id for entry in timeline.entries])
        foreign = [each.id for each in timeline.entries if made_by.get(each.id, each.account_id) != each.account_id]
        return TimelineDrift(owner_id, missing, foreign)

    async def _made_by(self, ids: Sequence[EntryId]) -> dict[EntryId, UserId]:
        """Who wrote these, or shared, as far as they are there."""
        posts = await self._posts.posts_by_ids([PostId(each) for each in ids if not is_share(each)])
        shared = await self._engagement.shared_by_ids(shares_among(ids))
        return {
            **{post_id: post.author_id for post_id, post in posts.items()},
            **{share_id: each.sharer_id for share_id, each in shared.items()},
        }

    async def _persisting(self, before: TimelineDrift) -> TimelineDrift | None:
        """What differed before and differs still."""
        now = await self._drift(before.owner_id)
        if now is None:
            return None
        missing = [each for each in now.missing if each in before.missing]
        foreign = [each for each in now.foreign if each in before.foreign]
        return TimelineDrift(before.owner_id, missing, foreign) if missing or foreign else None


class TrendInspection:
    """Every post trends as its reactions say, in each window: the first of them as the database has it, and as it is
    kept. Reactions whose jobs have yet to run are no difference.
    """

    def __init__(self, trends: Trends, trending: Trending, outbox: OutboxRelay) -> None:
        self._trends = trends
        self._trending = trending
        self._outbox = outbox

    async def compared(self) -> tuple[int, list[TrendDrift]]:
        """How many posts trend, in all windows together, and which of them differ. Reads all posts."""
        suspects = await self._trends.drift()
        if suspects:
            await Jobs(self._outbox).had_their_time()
            before = {(drift.post_id, drift.window) for drift in suspects}
            suspects = [drift for drift in await self._trends.drift() if (drift.post_id, drift.window) in before]
        tops = [await self._trending.top(EVERYWHERE, window, limit=COMPARED) for window in Window]
        return sum(map(len, tops)), suspects

    async def mend(self) -> None:
        """All of it."""
        await self._trends.rebuild(lambda _name, _done: None)


class SearchInspection:
    """Every post that anybody may find is in the index, and no other is. What it says of them is not compared."""

    def __init__(
        self, index: SearchIndex, indexing: SearchIndexing, posts: PostReader, outbox: OutboxRelay, clock: Clock
    ) -> None:
        self._index = index
        self._indexing = indexing
        self._posts = posts
        self._outbox = outbox
        self._clock = clock

    async def compared(self, *, since: datetime | None = None) -> AsyncIterator[tuple[int, list[SearchDrift]]]:
        """Goes through the posts there are, and what the index has, by id, those since a moment: how many posts were
        compared at a time, and which of them differ. Raises `Unavailable`.
        """
        jobs = Jobs(self._outbox)
        after = first_id(since) - 1 if since is not None else 0
        while True:
            posts = await self._posts.ids_after(PostId(after), limit=_AT_ONCE)
            last = posts[-1] if len(posts) == _AT_ONCE else None
            indexed = await self._indexed(after, last)
            suspects = await self._drifts(posts, indexed)
            if suspects:
                await jobs.had_their_time()
                suspects = [drift for drift in suspects if await self._persists(drift)]
            yield len(posts), suspects
            if last is None:
                return
            after = last

    async def mend(self, post_id: PostId) -> None:
        await self._indexing.index([post_id])

    async def _indexed(self, after: int, last: PostId | None) -> set[PostId]:
        """What the index has past `after`, up to `last` or to its end."""
        found: set[PostId] = set()
        while ids := await self._index.post_ids_after(after, limit=_AT_ONCE):
            found.update(post_id for post_id in ids if last is None or post_id <= last)
            after = ids[-1]
            if last is not None and after >= last:
                break
        return found

    async def _drifts(self, posts: Sequence[PostId], indexed: set[PostId]) -> list[SearchDrift]:
        young = first_id(self._clock.now() - YOUNG)
        findable = await self._indexing.findable(posts)
        missing = [SearchDrift(post_id, is_indexed=False) for post_id in findable - indexed if post_id < young]
        surplus = [SearchDrift(post_id, is_indexed=True) for post_id in indexed - findable]
        return sorted(missing + surplus)

    async def _persists(self, drift: SearchDrift) -> bool:
        is_findable = drift.post_id in await self._indexing.findable([drift.post_id])
        is_indexed = drift.post_id in await self._index.post_ids_after(drift.post_id - 1, limit=1)
        return is_indexed == drift.is_indexed and is_indexed != is_findable
