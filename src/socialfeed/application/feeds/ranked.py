"""Feeds in the order of a ranker. The order is made once and paged through: what is written or liked meanwhile moves
nothing, what the viewer may not see any more is left out, and the page is refilled.

A cursor names an order, by the moment it was made, and a place in it. An order that is not kept any more is made anew
as of its moment, without what was written since, and goes on behind the same post. What people did since counts then,
so a post may come twice or not at all; within `orders.KEPT_FOR` that takes a cache that was emptied.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from socialfeed.application.counters import Counters
from socialfeed.application.feeds import reasons, rules
from socialfeed.application.feeds.hydrate import HydratedPosts, Hydrator
from socialfeed.application.feeds.orders import Orders
from socialfeed.application.feeds.present import post_views
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.paging import Cursors, Listing, page_info
from socialfeed.application.ports.ranking import CONTENDERS_MAX, Contender, Ranked, Ranker
from socialfeed.application.ports.readers import Candidate
from socialfeed.application.views import ConnectionView, FeedEdgeView, PostView
from socialfeed.domain import ranking
from socialfeed.domain.engagement import Counts, Engaged
from socialfeed.domain.ids import EventId, IdFactory, PostId, UserId, first_id, unix_ms
from socialfeed.domain.permissions import Actor

CATCH_UP_MAX = timedelta(days=30)
"""So far back one catches up at most."""

BY_AUTHOR_MAX = 3
"""Of nobody more than so many posts stand in what one catches up with."""

_REACH = 2_000
"""How many posts of others are looked at for that."""

_RANKED_BY_AUTHOR = 10
"""Of those so many of one author are ranked, those with the most reactions: no chatterbox takes all the places."""

_NO_COUNTS = Counts()
_NOT_ENGAGED = Engaged()

Choose = Callable[[datetime], Awaitable[Sequence[PostId]]]
"""The posts to rank, as of a moment."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to go on: behind a post, which stood at `position` of an order."""

    order_id: EventId
    post_id: PostId
    position: int


@dataclass(frozen=True, slots=True)
class _Made:
    """An order, with its posts where they were read just now to make it."""

    reader_id: UserId
    order_id: EventId
    order: Sequence[Ranked]
    hydrated: HydratedPosts | None


class RankedFeeds:
    def __init__(
        self,
        home: HomeSkeleton,
        hydrator: Hydrator,
        counters: Counters,
        ranker: Ranker,
        orders: Orders,
        ids: IdFactory,
        cursors: Cursors,
    ) -> None:
        self._home = home
        self._hydrator = hydrator
        self._counters = counters
        self._ranker = ranker
        self._orders = orders
        self._ids = ids
        self._cursors = cursors

    async def home(self, actor: Actor, reader_id: UserId, *, first: int, after: str | None) -> ConnectionView[PostView]:
        """The newest posts of the home feed, best first."""

        async def choose(at: datetime) -> Sequence[PostId]:
            window = await self._home.window(reader_id)
            return [candidate.post_id for candidate in window.candidates]

        return await self._page(actor, reader_id, "ranked", choose, None, first, after)

    async def catch_up(
        self, actor: Actor, reader_id: UserId, since: datetime, *, first: int, after: str | None
    ) -> ConnectionView[PostView]:
        """What others wrote since a moment, best first."""

        async def choose(at: datetime) -> Sequence[PostId]:
            return await self._missed(reader_id, PostId(first_id(max(since, at - CATCH_UP_MAX))))

        return await self._page(actor, reader_id, "missed", choose, BY_AUTHOR_MAX, first, after)

    async def _page(
        self,
        actor: Actor,
        reader_id: UserId,
        name: str,
        choose: Choose,
        by_author: int | None,
        first: int,
        after: str | None,
    ) -> ConnectionView[PostView]:
        listing = self._cursors.of(name, reader_id)
        place = _place(listing, after)
        order_id = place.order_id if place else self._ids.event()
        order = await self._orders.find(reader_id, order_id) if place else None
        hydrated: HydratedPosts | None = None
        if order is None:
            at = _moment(order_id)
            ids = [post_id for post_id in await choose(at) if place is None or unix_ms(post_id) < unix_ms(order_id)]
            hydrated = await self._hydrator.posts(actor, ids[:CONTENDERS_MAX])
            order = await self._ranked(reader_id, hydrated, at)
            if by_author is not None:
                order = _capped(order, hydrated, by_author)
            await self._orders.keep(reader_id, order_id, order)
        start = _behind(order, place) if place else 0
        made = _Made(reader_id, order_id, order, hydrated)
        return await self._walk(actor, listing, made, start, first, after)

    async def _walk(
        self, actor: Actor, listing: Listing, made: _Made, start: int, first: int, after: str | None
    ) -> ConnectionView[PostView]:
        """The page from `start` on."""
        edges: list[FeedEdgeView] = []
        position, has_next = start, False
        while position < len(made.order) and not has_next:
            missing = first + 1 - len(edges)
            size = missing if position == start else missing + missing // 2 + 5
            chunk = made.order[position : position + size]
            ids = [each.post_id for each in chunk]
            known = made.hydrated or await self._hydrator.posts(actor, ids)
            views = {view.id: view for view in post_views(rules.at_home(ids, known), known)}
            for each in chunk:
                view = views.get(each.post_id)
                if view is not None and len(edges) == first:
                    has_next = True
                    break
                if view is not None:
                    cursor = listing.cursor(made.order_id, position, each.post_id)
                    edges.append(FeedEdgeView(cursor, view, reasons.at_home(view, made.reader_id, each)))
                position += 1
        return ConnectionView(edges, page_info(edges, has_next=has_next, after=after, end=None))

    async def _ranked(self, reader_id: UserId, hydrated: HydratedPosts, at: datetime) -> list[Ranked]:
        contenders = _contenders(reader_id, hydrated)
        if not contenders:
            return []
        ranked = await self._ranker.rank(reader_id, list(contenders.values()), at)
        # A ranker of somebody else's may do what it likes, but not show what was not asked about, or show it twice.
        return list({each.post_id: each for each in ranked if each.post_id in contenders}.values())

    async def _missed(self, reader_id: UserId, since: PostId) -> list[PostId]:
        """Where there are more than can be ranked, those that people reacted to most."""
        candidates = await self._others(reader_id, since)
        if len(candidates) <= CONTENDERS_MAX:
            return [candidate.post_id for candidate in candidates]
        counts = await self._counters.counts([candidate.post_id for candidate in candidates])
        candidates.sort(key=lambda each: (_weight(counts.get(each.post_id, _NO_COUNTS)), each.post_id), reverse=True)
        taken = Counter[UserId]()
        chosen: list[PostId] = []
        for candidate in candidates:
            taken[candidate.author_id] += 1
            if taken[candidate.author_id] <= _RANKED_BY_AUTHOR:
                chosen.append(candidate.post_id)
        return chosen[:CONTENDERS_MAX]

    async def _others(self, reader_id: UserId, since: PostId) -> list[Candidate]:
        """The newest posts of those whom the reader follows, from `since` on."""
        window = await self._home.window(reader_id)
        found = [*window.candidates]
        before = window.floor
        while before is not None and before > since and len(found) < _REACH:
            older = await self._home.older(reader_id, before=before, limit=CONTENDERS_MAX)
            found += older
            before = older[-1].post_id if len(older) == CONTENDERS_MAX else None
        return [each for each in found if each.post_id >= since and each.author_id != reader_id][:_REACH]


def _place(listing: Listing, after: str | None) -> _Place | None:
    numbers = listing.place(after, 3)
    if numbers is None:
        return None
    order_id, position, post_id = numbers
    return _Place(EventId(order_id), PostId(post_id), position)


def _behind(order: Sequence[Ranked], place: _Place) -> int:
    """In the order that the cursor is of the post stands where it stood; in one made anew it may not."""
    position = place.position
    if position < len(order) and order[position].post_id == place.post_id:
        return position + 1
    return next((n + 1 for n, each in enumerate(order) if each.post_id == place.post_id), position)


def _contenders(reader_id: UserId, hydrated: HydratedPosts) -> dict[PostId, Contender]:
    """Those that may stand in the reader's feed."""
    posts = [hydrated.posts[post_id] for post_id in rules.at_home(hydrated.posts, hydrated)]
    liked = Counter(post.author_id for post in posts if any(hydrated.engaged.get(post.id, _NOT_ENGAGED)))
    found = {}
    for post in posts:
        relation = hydrated.viewpoint.relation(post.author_id)
        found[post.id] = Contender(
            post_id=post.id,
            author_id=post.author_id,
            created_at=post.created_at,
            counts=hydrated.counts.get(post.id, _NO_COUNTS),
            priority=relation.priority,
            affinity=liked[post.author_id],
            is_followed=relation.following,
            is_own=post.author_id == reader_id,
        )
    return found


def _capped(order: Sequence[Ranked], hydrated: HydratedPosts, most: int) -> list[Ranked]:
    taken = Counter[UserId]()
    kept = []
    for each in order:
        author_id = hydrated.posts[each.post_id].author_id
        taken[author_id] += 1
        if taken[author_id] <= most:
            kept.append(each)
    return kept


def _weight(counts: Counts) -> float:
    return ranking.LIKE * counts.likes + ranking.COMMENT * counts.comments + ranking.SHARE * counts.shares


def _moment(order_id: EventId) -> datetime:
    return datetime.fromtimestamp(unix_ms(order_id) / 1000, UTC)
