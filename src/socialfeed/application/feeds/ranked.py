"""Feeds in the order of a ranker. The order is made once and paged through: what is written or liked meanwhile moves
nothing, what the viewer may not see any more is left out, and the page is refilled.

A cursor names an order, by the moment it was made, and a place in it. An order that is not kept any more is made anew
as of its moment, without what was written since, and goes on behind the same post. What people did since counts then,
so a post may come twice or not at all; within `orders.KEPT_FOR` that takes a cache that was emptied.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from socialfeed.application.counters import Counters
from socialfeed.application.feeds import reasons, rules
from socialfeed.application.feeds.hydrate import HydratedPosts, Hydrator
from socialfeed.application.feeds.orders import Ordered, Orders
from socialfeed.application.feeds.present import post_views
from socialfeed.application.feeds.skeleton import HomeSkeleton
from socialfeed.application.paging import Cursors, Listing, page_info
from socialfeed.application.ports.ranking import CONTENDERS_MAX, Contender, Ranker
from socialfeed.application.ports.readers import Candidate
from socialfeed.application.views import ConnectionView, FeedEdgeView, PostView
from socialfeed.domain import ranking
from socialfeed.domain.engagement import Counts, Engaged
from socialfeed.domain.ids import (
    EntryId,
    EventId,
    IdFactory,
    PostId,
    ShareId,
    UserId,
    first_id,
    is_share,
    shares_among,
    unix_ms,
)
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

Choose = Callable[[datetime], Awaitable[Sequence[EntryId]]]
"""The entries whose posts to rank, as of a moment, newest first."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to go on: behind an entry, which stood at `position` of an order."""

    order_id: EventId
    entry_id: EntryId
    position: int


@dataclass(frozen=True, slots=True)
class _Made:
    """An order, with its posts where they were read just now to make it."""

    reader_id: UserId
    order_id: EventId
    order: Sequence[Ordered]
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

        async def choose(at: datetime) -> Sequence[EntryId]:
            window = await self._home.window(reader_id)
            return [candidate.id for candidate in window.candidates]

        return await self._page(actor, reader_id, "ranked", choose, None, first, after)

    async def catch_up(
        self, actor: Actor, reader_id: UserId, since: datetime, *, first: int, after: str | None
    ) -> ConnectionView[PostView]:
        """What others wrote and shared since a moment, best first."""

        async def choose(at: datetime) -> Sequence[EntryId]:
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
            at = _made(order_id)
            ids = [each for each in await choose(at) if place is None or unix_ms(each) < unix_ms(order_id)]
            ids = ids[:CONTENDERS_MAX]
            hydrated = await self._hydrator.entries(actor, ids)
            order = await self._ranked(reader_id, ids, hydrated, at)
            if by_author is not None:
                order = _capped(order, reader_id, hydrated, by_author)
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
            ids = [each.id for each in chunk]
            known = made.hydrated or await self._hydrator.entries(actor, ids)
            welcome = rules.welcome(ids, known)
            posts = filter(None, map(known.post_of, welcome))
            views = dict(zip(welcome, post_views(posts, known), strict=True))
            for each in chunk:
                view = views.get(each.id)
                if view is not None and len(edges) == first:
                    has_next = True
                    break
                if view is not None:
                    cursor = listing.cursor(made.order_id, position, each.id)
                    edges.append(FeedEdgeView(cursor, view, reasons.at_home(each.id, view, known, each)))
                position += 1
        return ConnectionView(edges, page_info(edges, has_next=has_next, after=after, end=None))

    async def _ranked(
        self, reader_id: UserId, ids: Sequence[EntryId], hydrated: HydratedPosts, at: datetime
    ) -> list[Ordered]:
        entries = {post_id: entry_id for entry_id, post_id in rules.at_home(ids, hydrated).items()}
        if not entries:
            return []
        ranked = await self._ranker.rank(reader_id, _contenders(reader_id, entries, hydrated), at)
        # A ranker of somebody else's may do what it likes, but not show what was not asked about, or show it twice.
        once_each = {each.post_id: each for each in ranked if each.post_id in entries}.values()
        return [Ordered(entries[each.post_id], each.score, each.terms) for each in once_each]

    async def _missed(self, reader_id: UserId, since: EntryId) -> list[EntryId]:
        """Where there are more than can be ranked, those whose posts people reacted to most."""
        candidates = await self._others(reader_id, since)
        if len(candidates) <= CONTENDERS_MAX:
            return [candidate.id for candidate in candidates]
        shared = await self._hydrator.shared(shares_among(candidate.id for candidate in candidates))
        posts: dict[EntryId, PostId] = {each.id: PostId(each.id) for each in candidates}
        posts |= {share_id: each.post_id for share_id, each in shared.items()}
        counts = await self._counters.counts(list(dict.fromkeys(posts.values())))
        candidates.sort(key=lambda each: (_weight(counts.get(posts[each.id], _NO_COUNTS)), each.id), reverse=True)
        taken = Counter[UserId]()
        chosen: list[EntryId] = []
        for candidate in candidates:
            taken[candidate.account_id] += 1
            if taken[candidate.account_id] <= _RANKED_BY_AUTHOR:
                chosen.append(candidate.id)
        return chosen[:CONTENDERS_MAX]

    async def _others(self, reader_id: UserId, since: EntryId) -> list[Candidate]:
        """The newest posts and shares of those whom the reader follows, from `since` on."""
        window = await self._home.window(reader_id)
        found = [*window.candidates]
        before = window.floor
        while before is not None and before > since and len(found) < _REACH:
            older = await self._home.older(reader_id, before=before, limit=CONTENDERS_MAX)
            found += older
            before = older[-1].id if len(older) == CONTENDERS_MAX else None
        return [each for each in found if each.id >= since and each.account_id != reader_id][:_REACH]


def _place(listing: Listing, after: str | None) -> _Place | None:
    numbers = listing.place(after, 3)
    if numbers is None:
        return None
    order_id, position, entry_id = numbers
    return _Place(EventId(order_id), PostId(entry_id), position)


def _behind(order: Sequence[Ordered], place: _Place) -> int:
    """In the order that the cursor is of the entry stands where it stood; in one made anew it may not."""
    position = place.position
    if position < len(order) and order[position].id == place.entry_id:
        return position + 1
    return next((n + 1 for n, each in enumerate(order) if each.id == place.entry_id), position)


def _contenders(reader_id: UserId, entries: Mapping[PostId, EntryId], hydrated: HydratedPosts) -> list[Contender]:
    posts = [hydrated.posts[post_id] for post_id in entries]
    liked = Counter(post.author_id for post in posts if any(hydrated.engaged.get(post.id, _NOT_ENGAGED)))
    found = []
    for post in posts:
        entry_id, viewpoint = entries[post.id], hydrated.viewpoint
        shared = hydrated.shared[ShareId(entry_id)] if is_share(entry_id) else None
        contender = Contender(
            post_id=post.id,
            author_id=post.author_id,
            created_at=_made(entry_id) if shared else post.created_at,
            counts=hydrated.counts.get(post.id, _NO_COUNTS),
            priority=viewpoint.relation(shared.sharer_id if shared else post.author_id).priority,
            affinity=liked[post.author_id],
            is_followed=viewpoint.relation(post.author_id).following,
            is_own=post.author_id == reader_id,
        )
        found.append(contender)
    return found


def _capped(order: Sequence[Ordered], reader_id: UserId, hydrated: HydratedPosts, most: int) -> list[Ordered]:
    """Of others' posts, and no more than so many of one author, or that one account shared."""
    taken = Counter[UserId]()
    kept = []
    for each in order:
        people = _people_of(each.id, hydrated)
        if reader_id not in people and all(taken[user_id] < most for user_id in people):
            taken.update(people)
            kept.append(each)
    return kept


def _people_of(entry_id: EntryId, hydrated: HydratedPosts) -> set[UserId]:
    """The author, and who shared."""
    if not is_share(entry_id):
        return {hydrated.posts[PostId(entry_id)].author_id}
    shared = hydrated.shared[ShareId(entry_id)]
    return {hydrated.posts[shared.post_id].author_id, shared.sharer_id}


def _weight(counts: Counts) -> float:
    return ranking.LIKE * counts.likes + ranking.COMMENT * counts.comments + ranking.SHARE * counts.shares


def _made(value: int) -> datetime:
    """When an id was made."""
    return datetime.fromtimestamp(unix_ms(value) / 1000, UTC)
