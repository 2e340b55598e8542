"""What may be lost at any time, for operators: looked at, made ahead of those who need it, forgotten, made anew."""

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from socialfeed.application.commands import Commands
from socialfeed.application.counters import Counters, CounterUpkeep
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.feeds.trends import Trends
from socialfeed.application.guard import Guard
from socialfeed.application.ports.cache import CounterCache
from socialfeed.application.ports.readers import ContentBatches, EngagementReader, SessionReader
from socialfeed.application.ports.shared import Area, AreaSize, SharedStore, StoreFacts
from socialfeed.application.ports.timelines import Timelines
from socialfeed.application.ports.trending import KEPT, Trending
from socialfeed.domain.activity import Action
from socialfeed.domain.ids import PostId, UserId, is_share, shares_among
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import EVERYWHERE

READ_AT_FIRST = 50
"""Posts of a home feed that are made ready: more than anybody reads before the rest is there, too."""

Progress = Callable[[str, int], None]
"""Gets what is being worked on and how much of it is done so far."""


class Part(StrEnum):
    CACHE = "cache"
    """Posts and profiles."""
    COUNTERS = "counters"
    TIMELINES = "timelines"
    TRENDING = "trending"
    """Nobody's reading makes it again: once forgotten it is what comes from then on, or what `rebuild` makes."""


class CacheStats(NamedTuple):
    """`facts` and `sizes` are None and empty without a shared store; timelines and trends are then in the database."""

    facts: StoreFacts | None
    sizes: dict[Area, AreaSize]
    timelines: int
    trending: int


class Warmed(NamedTuple):
    readers: int
    posts: int
    profiles: int


class Caches:
    """Everything here may be done while everybody goes on working, stopped halfway and begun again. Raises `Forbidden`,
    and `Unavailable` when database or store do not answer.
    """

    def __init__(
        self,
        commands: Commands,
        guard: Guard,
        shared: SharedStore | None,
        counter_cache: CounterCache,
        timelines: Timelines,
        home: HomeSkeleton,
        trending: Trending,
        trends: Trends,
        contents: ContentBatches,
        counters: Counters,
        counter_upkeep: CounterUpkeep,
        sessions: SessionReader,
        engagement: EngagementReader,
    ) -> None:
        self._commands = commands
        self._guard = guard
        self._shared = shared
        self._counter_cache = counter_cache
        self._timelines = timelines
        self._home = home
        self._trending = trending
        self._trends = trends
        self._contents = contents
        self._counters = counters
        self._counter_upkeep = counter_upkeep
        self._sessions = sessions
        self._engagement = engagement

    async def stats(self, actor: Actor) -> CacheStats:
        self._guard.check(actor, Permission.CACHE_MANAGE)
        warm = 0
        async for owners in self._timelines.owners():
            warm += len(owners)
        if self._shared is None:
            return CacheStats(None, {}, warm, await self._number_trending())
        sizes = {area: await self._shared.size(area) for area in Area}
        return CacheStats(await self._shared.facts(), sizes, warm, await self._number_trending())

    async def warm(self, actor: Actor, *, within: timedelta, limit: int, progress: Progress) -> Warmed:
        """Makes ready what those will ask for first who used a session lately, the last ones first: their timelines
        and, in a shared store, the newest posts there with their authors and counters.
        """
        self._guard.check(actor, Permission.CACHE_MANAGE)
        readers = await self._sessions.last_active(self._commands.clock.now() - within, limit=limit)
        posts: set[PostId] = set()
        authors: set[UserId] = set()
        for done, reader in enumerate(readers, start=1):
            await self._home.warm(reader)
            window = await self._home.window(reader)
            newest = list(islice(window.candidates, READ_AT_FIRST))
            shared = await self._engagement.shared_by_ids(shares_among(candidate.id for candidate in newest))
            there = [PostId(candidate.id) for candidate in newest if not is_share(candidate.id)]
            there += [each.post_id for each in shared.values()]
            fresh = [post_id for post_id in dict.fromkeys(there) if post_id not in posts]
            await self._contents.posts_by_ids(fresh)
            await self._counters.counts(fresh)
            unknown = list({reader, *(candidate.account_id for candidate in newest)} - authors)
            await self._contents.profiles_by_ids(unknown)
            posts.update(fresh)
            authors.update(unknown)
            progress("readers", done)
        return Warmed(len(readers), len(posts), len(authors))

    async def flush(self, actor: Actor, parts: Collection[Part], progress: Progress) -> None:
        """Forgets them; sessions, limits and jobs are none of them. Until they are there again the database answers.
        `progress` gets how much was forgotten.
        """
        self._guard.check(actor, Permission.CACHE_MANAGE)
        for part in parts:
            match part:
                case Part.CACHE:
                    progress(part, await self._shared.cache.flush() if self._shared is not None else 0)
                case Part.COUNTERS:
                    progress(part, await self._counter_cache.flush())
                case Part.TIMELINES:
                    await self._each_timeline(self._timelines.drop, progress)
                case Part.TRENDING:
                    number = await self._number_trending()
                    await self._trending.clear()
                    progress(part, number)
        await self._record(actor, Action.CACHE_FLUSH, parts)

    async def rebuild(self, actor: Actor, parts: Collection[Part], progress: Progress) -> None:
        """Makes them anew of what the database says: counters that drifted, and every timeline that is not cold, and
        what trends.
        """
        self._guard.check(actor, Permission.CACHE_MANAGE)
        for part in parts:
            match part:
                case Part.COUNTERS:
                    await self._recount(progress)
                case Part.TIMELINES:
                    await self._each_timeline(self._home.rebuild, progress)
                case Part.TRENDING:
                    await self._trends.rebuild(progress)
                    progress(part, await self._number_trending())
        await self._record(actor, Action.CACHE_REBUILD, parts)

    async def _number_trending(self) -> int:
        """Of posts, in the window that has the most."""
        return max([len(await self._trending.top(EVERYWHERE, window, limit=KEPT)) for window in Window])

    async def _recount(self, progress: Progress) -> None:
        done = 0
        async for compared, drifts in self._counter_upkeep.compared():
            for drift in drifts:
                await self._counter_upkeep.mend(drift.post_id)
            done += compared
            progress(Part.COUNTERS, done)
        # The store would go on with what it remembers of those that were mended.
        await self._counter_cache.flush()

    async def _each_timeline(self, work: Callable[[UserId], Awaitable[None]], progress: Progress) -> None:
        """Once each: a timeline that is made anew while all are listed may be listed again."""
        done: set[UserId] = set()
        async for owners in self._timelines.owners():
            for owner in owners:
                if owner not in done:
                    await work(owner)
                    done.add(owner)
                    progress(Part.TIMELINES, len(done))

    async def _record(self, actor: Actor, action: Action, parts: Collection[Part]) -> None:
        async with self._commands.transaction() as tx:
            await self._commands.record(tx, actor, action, details={"parts": ", ".join(parts)})
