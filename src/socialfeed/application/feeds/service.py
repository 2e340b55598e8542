"""Reading feeds."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from enum import StrEnum

from socialfeed.application.feeds import rules
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import post_views
from socialfeed.application.feeds.ranked import RankedFeeds
from socialfeed.application.feeds.reasons import with_reasons
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_page, check_size
from socialfeed.application.ports.readers import Candidate
from socialfeed.application.views import ConnectionView, PageView, PostView
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor, Permission


class Ranking(StrEnum):
    CHRONOLOGICAL = "chronological"
    ENGAGEMENT = "engagement"


class Feeds:
    def __init__(
        self,
        home: HomeSkeleton,
        ranked: RankedFeeds,
        hydrator: Hydrator,
        cursors: Cursors,
        guard: Guard,
    ) -> None:
        self._home = home
        self._ranked = ranked
        self._hydrator = hydrator
        self._cursors = cursors
        self._guard = guard

    async def home_page(self, actor: Actor, *, page: int, items_per_page: int) -> PageView[PostView]:
        """The newest posts of the home feed by page number. Raises `Unauthenticated`, `Invalid`."""
        reader_id = self._guard.require(actor, Permission.FEED_READ)
        check_page(page)
        check_size(items_per_page, "items_per_page")
        window = await self._home.window(reader_id)
        ids = [candidate.post_id for candidate in window.candidates]
        if doubtful := await self._home.doubtful(reader_id, ids):
            plain = await self._hydrator.plain_posts(actor, doubtful)
            ids = _without(ids, doubtful, rules.at_home(doubtful, plain))
        while True:
            wanted = ids[(page - 1) * items_per_page : page * items_per_page]
            hydrated = await self._hydrator.posts(actor, wanted)
            shown = rules.at_home(wanted, hydrated)
            if len(shown) == len(wanted):
                return PageView(post_views(shown, hydrated), len(ids), page, items_per_page)
            # Since they were looked at, something has happened to some of them.
            ids = _without(ids, wanted, shown)

    async def home(
        self, actor: Actor, *, first: int, after: str | None = None, ranking: Ranking = Ranking.CHRONOLOGICAL
    ) -> ConnectionView[PostView]:
        """The home feed from the top, or from a cursor on: by time to the beginning of it, or its newest posts ranked.
        A cursor is of one ranking. Raises `Unauthenticated`, `Invalid`.
        """
        reader_id = self._guard.require(actor, Permission.FEED_READ)
        check_size(first, "first")
        if ranking is Ranking.ENGAGEMENT:
            return await self._ranked.home(actor, reader_id, first=first, after=after)
        return with_reasons(await self._by_time(actor, reader_id, first, after), reader_id)

    async def catch_up(
        self, actor: Actor, since: datetime, *, first: int, after: str | None = None
    ) -> ConnectionView[PostView]:
        """What mattered since a moment, at most `CATCH_UP_MAX` ago: posts of those whom the viewer follows, ranked, of
        nobody more than `BY_AUTHOR_MAX`. Raises `Unauthenticated`, `Invalid`.
        """
        reader_id = self._guard.require(actor, Permission.FEED_READ)
        check_size(first, "first")
        return await self._ranked.catch_up(actor, reader_id, since, first=first, after=after)

    async def _by_time(
        self, actor: Actor, reader_id: UserId, first: int, after: str | None
    ) -> ConnectionView[PostView]:
        listing = self._cursors.of("home", reader_id)
        position = listing.position(after)
        nodes: list[PostView] = []
        scanned: PostId | None = None
        async for chunk in self._home_chunks(reader_id, before=PostId(position) if position else None, want=first):
            items, last = await self._collect(actor, chunk, first + 1 - len(nodes))
            nodes += items
            scanned = last or scanned
            if len(nodes) > first:
                return listing.connection(nodes[:first], has_next=True, after=after)
        return listing.connection(nodes, has_next=False, after=after, stopped_at=scanned)

    async def _home_chunks(
        self, reader_id: UserId, *, before: PostId | None, want: int
    ) -> AsyncIterator[Sequence[PostId]]:
        """Candidates below `before`: from the timeline while it reaches, then from the database."""
        window = await self._home.window(reader_id)
        ids = [c.post_id for c in window.candidates if before is None or c.post_id < before]
        if ids:
            yield ids
        if window.floor is None:
            return
        position = min(window.floor, before) if before else window.floor
        limit = max(2 * want, 50)
        while True:
            older: list[Candidate] = await self._home.older(reader_id, before=position, limit=limit)
            if older:
                position = older[-1].post_id
                yield [candidate.post_id for candidate in older]
            if len(older) < limit:
                return

    async def _collect(self, actor: Actor, ids: Sequence[PostId], want: int) -> tuple[list[PostView], PostId | None]:
        """The first `want` posts that pass the rules, and the last id looked at. A page that loses posts is refilled:
        each round reads half as many again as are missing, and five more.
        """
        views: list[PostView] = []
        position = 0
        while len(views) < want and position < len(ids):
            missing = want - len(views)
            size = missing if not views and position == 0 else missing + missing // 2 + 5
            chunk = ids[position : position + size]
            hydrated = await self._hydrator.posts(actor, chunk)
            shown = rules.at_home(chunk, hydrated)[:missing]
            views += post_views(shown, hydrated)
            position += chunk.index(shown[-1]) + 1 if len(shown) == missing else len(chunk)
        return views, ids[position - 1] if position else None


def _without(ids: Sequence[PostId], judged: Sequence[PostId], shown: Sequence[PostId]) -> list[PostId]:
    """All but those that were judged and are not shown."""
    hidden = set(judged).difference(shown)
    return [post_id for post_id in ids if post_id not in hidden]
