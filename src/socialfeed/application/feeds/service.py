"""Reading feeds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from socialfeed.application.feeds import reasons, rules
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import post_views
from socialfeed.application.feeds.ranked import RankedFeeds
from socialfeed.application.feeds.skeleton import HomeSkeleton, Window
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_page, check_size, page_info
from socialfeed.application.ports.feed_copies import FeedCopies, Listed
from socialfeed.application.ports.readers import Candidate, Doubts, SharedPost
from socialfeed.application.views import ConnectionView, FeedEdgeView, PageView, PostView
from socialfeed.domain.ids import EntryId, PostId, ShareId, UserId, is_share, shares_among
from socialfeed.domain.permissions import Actor, Permission


class Ranking(StrEnum):
    CHRONOLOGICAL = "chronological"
    ENGAGEMENT = "engagement"


class _Judged(NamedTuple):
    """Which of the doubtful entries are welcome, until when nothing but time changes that, and whether changes of it
    are all told.
    """

    welcome: Sequence[EntryId] = ()
    until: datetime | None = None
    lasts: bool = True


class _Part(NamedTuple):
    """A page of what is listed: the entries that should be on it, and those that may be shown."""

    wanted: Sequence[EntryId]
    shown: Sequence[EntryId]
    page: PageView[PostView]

    @property
    def is_whole(self) -> bool:
        return len(self.shown) == len(self.wanted)


class Feeds:
    def __init__(
        self,
        home: HomeSkeleton,
        copies: FeedCopies,
        ranked: RankedFeeds,
        hydrator: Hydrator,
        cursors: Cursors,
        guard: Guard,
    ) -> None:
        self._home = home
        self._copies = copies
        self._ranked = ranked
        self._hydrator = hydrator
        self._cursors = cursors
        self._guard = guard

    async def home_page(self, actor: Actor, *, page: int, items_per_page: int) -> PageView[PostView]:
        """The newest posts of the home feed by page number. Raises `Unauthenticated`, `Invalid`."""
        reader_id = self._guard.require(actor, Permission.FEED_READ)
        check_page(page)
        check_size(items_per_page, "items_per_page")
        kept, ticket = await self._copies.look(reader_id)
        if kept is not None:
            part = await self._part(actor, kept, page, items_per_page)
            if part.is_whole:
                return part.page
        window = await self._home.window(reader_id)
        ids = [candidate.id for candidate in window.candidates]
        doubts = await self._home.doubtful(reader_id, ids)
        judged = await self._judged(actor, doubts)
        ids = _without(ids, doubts.doubtful, judged.welcome)
        while True:
            there = list(rules.once_each(ids, doubts.shared, doubts.at_home)) if doubts.shared else ids
            listed = Listed(there, _of(there, doubts.shared), judged.until)
            if ticket is not None and judged.lasts:
                self._copies.keep(reader_id, ticket, listed, _rests_on(window, doubts))
            part = await self._part(actor, listed, page, items_per_page)
            if part.is_whole:
                return part.page
            # Since they were looked at, something has happened to some of them.
            ids, ticket = _without(ids, part.wanted, part.shown), None

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
        return await self._by_time(actor, reader_id, first, after)

    async def catch_up(
        self, actor: Actor, since: datetime, *, first: int, after: str | None = None
    ) -> ConnectionView[PostView]:
        """What mattered since a moment, at most `CATCH_UP_MAX` ago: posts of those whom the viewer follows, ranked, of
        nobody more than `BY_AUTHOR_MAX`. Raises `Unauthenticated`, `Invalid`.
        """
        reader_id = self._guard.require(actor, Permission.FEED_READ)
        check_size(first, "first")
        return await self._ranked.catch_up(actor, reader_id, since, first=first, after=after)

    async def _part(self, actor: Actor, listed: Listed, page: int, items_per_page: int) -> "_Part":
        wanted = listed.entries[(page - 1) * items_per_page : page * items_per_page]
        hydrated = await self._hydrator.entries(actor, wanted, _of(wanted, listed.shared))
        shown = rules.at_home(wanted, hydrated)
        views = post_views(shown.values(), hydrated)
        return _Part(wanted, list(shown), PageView(views, len(listed.entries), page, items_per_page))

    async def _judged(self, actor: Actor, doubts: Doubts) -> "_Judged":
        if not doubts.doubtful:
            return _Judged()
        there = [each for each in doubts.doubtful if not is_share(each) or each in doubts.shared]
        plain = await self._hydrator.plain_entries(actor, there, _of(there, doubts.shared))
        # Nobody tells of an account that is active again.
        lasts = all(post.author_id in plain.authors for post in plain.posts.values())
        lasts = lasts and all(profile.is_active for profile in plain.authors.values())
        return _Judged(rules.welcome(there, plain), plain.viewpoint.until, lasts)

    async def _by_time(
        self, actor: Actor, reader_id: UserId, first: int, after: str | None
    ) -> ConnectionView[PostView]:
        listing = self._cursors.of("home", reader_id)
        before = _entry(listing.position(after))
        window = await self._home.window(reader_id)
        # What stood on the pages before stands there: shares of it further down, and the post itself, do not count.
        above = [c.id for c in window.candidates if before is not None and c.id >= before and is_share(c.id)]
        passed = await self._hydrator.shared(shares_among(above))
        edges: dict[PostId, FeedEdgeView] = {}
        position: EntryId | None = None
        async for ids in self._home_chunks(reader_id, window, before=before, want=first):
            done = 0
            while done < len(ids) and len(edges) <= first:
                # A page that loses posts is refilled: each round reads half as many again as are missing, and five.
                missing = first + 1 - len(edges)
                part = ids[done : done + (missing if position is None else missing + missing // 2 + 5)]
                hydrated = await self._hydrator.entries(actor, part, passed)
                shown = rules.at_home([*above, *part], hydrated, floor=window.floor)
                fresh = {each: shown[each] for each in part if each in shown and shown[each] not in edges}
                for entry_id, view in zip(fresh, post_views(fresh.values(), hydrated), strict=True):
                    reason = reasons.at_home(entry_id, view, hydrated)
                    edges[view.id] = FeedEdgeView(listing.cursor(entry_id), view, reason)
                done, position = done + len(part), part[-1]
            if len(edges) > first:
                break
        page = list(edges.values())
        has_next = len(page) > first
        end = listing.cursor(position) if position is not None and not has_next else None
        return ConnectionView(page[:first], page_info(page[:first], has_next=has_next, after=after, end=end))

    async def _home_chunks(
        self, reader_id: UserId, window: Window, *, before: EntryId | None, want: int
    ) -> AsyncIterator[Sequence[EntryId]]:
        """Candidates below `before`: from the timeline while it reaches, then from the database."""
        ids = [c.id for c in window.candidates if before is None or c.id < before]
        if ids:
            yield ids
        if window.floor is None:
            return
        position = min(window.floor, before) if before else window.floor
        limit = max(2 * want, 50)
        while True:
            older: list[Candidate] = await self._home.older(reader_id, before=position, limit=limit)
            if older:
                position = older[-1].id
                yield [candidate.id for candidate in older]
            if len(older) < limit:
                return


def _entry(position: int | None) -> EntryId | None:
    return None if position is None else PostId(position)


def _of(ids: Sequence[EntryId], shared: Mapping[ShareId, SharedPost]) -> dict[ShareId, SharedPost]:
    return {share_id: shared[share_id] for share_id in shares_among(ids) if share_id in shared}


def _rests_on(window: Window, doubts: Doubts) -> list[int]:
    """Whose changes may change what is listed."""
    entries = (number for candidate in window.candidates for number in (candidate.id, candidate.account_id))
    return [*entries, *(each.post_id for each in doubts.shared.values())]


def _without(ids: Sequence[EntryId], judged: Sequence[EntryId], shown: Sequence[EntryId]) -> list[EntryId]:
    """All but those that were judged and are not shown."""
    hidden = set(judged).difference(shown)
    return [entry_id for entry_id in ids if entry_id not in hidden]
