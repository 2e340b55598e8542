"""Finding posts and people. The index proposes, the visibility policy decides; a page that loses something to it is
refilled. There are no totals: a number that is right for the viewer would take a look at all that matches, and one
that is not would tell of what the viewer may not see.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from socialfeed.application.feeds import rules
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import post_views, user_view
from socialfeed.application.paging import Cursors, check_size, page_info
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.search import PostHit, PostQuery, SearchIndex, UserHit
from socialfeed.application.views import ConnectionView, EdgeView, FoundView, PostView, UserView
from socialfeed.domain import labels
from socialfeed.domain.ids import MAX_ID, PostId, UserId, first_id
from socialfeed.domain.matching import matches
from socialfeed.domain.names import parse_name
from socialfeed.domain.permissions import Actor
from socialfeed.domain.search import Query, indexed, parse

_ROUNDS = 10
"""So often a page is refilled at most; one that is short even then says that there is more."""

_AHEAD = timedelta(seconds=2)
"""So much the clocks of those who write may be ahead of ours."""


class Sort(StrEnum):
    RELEVANCE = "relevance"
    RECENT = "recent"


@dataclass(frozen=True, slots=True)
class PostFilter:
    """None does not narrow. `author` is a username; posts are from `since` on and from before `until`."""

    author: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    language: str | None = None
    has_media: bool | None = None


Hit = TypeVar("Hit")
Node = TypeVar("Node")


class Search:
    def __init__(
        self, index: SearchIndex, users: UserReader, hydrator: Hydrator, clock: Clock, cursors: Cursors
    ) -> None:
        self._index = index
        self._users = users
        self._hydrator = hydrator
        self._clock = clock
        self._cursors = cursors

    async def posts(
        self, actor: Actor, text: str, narrowed: PostFilter, *, sort: Sort, first: int, after: str | None = None
    ) -> ConnectionView[PostView]:
        """Public posts that match, for anybody; see `domain.search.parse`. Raises `Invalid`."""
        check_size(first, "first")
        by_sort = {Sort.RELEVANCE: self._relevant, Sort.RECENT: self._recent}
        return await by_sort[sort](actor, parse(text), narrowed, first, after)

    async def users(self, actor: Actor, text: str, *, first: int, after: str | None = None) -> ConnectionView[UserView]:
        """Accounts with names like these, the most alike first, for anybody. Raises `Invalid`."""
        check_size(first, "first")
        wanted = parse_name(text)
        listing = self._cursors.of("names")
        place = listing.place(after, 2)

        async def read(limit: int, last: UserHit | None) -> Sequence[UserHit]:
            return await self._index.users(wanted, limit=limit, after=last)

        async def shown(hits: Sequence[UserHit]) -> Mapping[UserHit, EdgeView[UserView]]:
            profiles = await self._hydrator.accounts(actor, [hit.user_id for hit in hits])
            return {
                hit: EdgeView(cursor(hit), user_view(profiles[hit.user_id])) for hit in hits if hit.user_id in profiles
            }

        def cursor(hit: UserHit) -> str:
            return listing.cursor(hit.score, hit.user_id)

        start = UserHit(UserId(place[1]), place[0]) if place else None
        return await _page(first, after, start, read, shown, cursor)

    async def _recent(
        self, actor: Actor, query: Query, narrowed: PostFilter, first: int, after: str | None
    ) -> ConnectionView[PostView]:
        listing = self._cursors.of("found", Sort.RECENT)
        position = listing.position(after)
        asked = await self._asked(query, narrowed)

        async def read(limit: int, last: PostId | None) -> Sequence[PostId]:
            if asked is None:
                return []
            below = asked.below if last is None else min(asked.below, last)
            return await self._index.newest_posts(replace(asked, below=below), limit=limit)

        async def shown(ids: Sequence[PostId]) -> Mapping[PostId, EdgeView[PostView]]:
            return await self._shown(actor, query, {post_id: listing.cursor(post_id) for post_id in ids})

        return await _page(first, after, PostId(position) if position else None, read, shown, listing.cursor)

    async def _relevant(
        self, actor: Actor, query: Query, narrowed: PostFilter, first: int, after: str | None
    ) -> ConnectionView[PostView]:
        """Cursors carry the moment of the first page: what is written later does not shift the others. It is a moment
        and no post, as the newest that matches may be one that the viewer must not know of.
        """
        listing = self._cursors.of("found", Sort.RELEVANCE)
        place = listing.place(after, 3)
        pinned = place[2] if place else first_id(self._clock.now() + _AHEAD)
        asked = await self._asked(query, narrowed)

        async def read(limit: int, last: PostHit | None) -> Sequence[PostHit]:
            if asked is None:
                return []
            below = min(asked.below, pinned)
            return await self._index.best_posts(replace(asked, below=below), limit=limit, after=last)

        async def shown(hits: Sequence[PostHit]) -> Mapping[PostHit, EdgeView[PostView]]:
            edges = await self._shown(actor, query, {hit.post_id: cursor(hit) for hit in hits})
            return {hit: edges[hit.post_id] for hit in hits if hit.post_id in edges}

        def cursor(hit: PostHit) -> str:
            return listing.cursor(hit.score, hit.post_id, pinned)

        start = PostHit(PostId(place[1]), place[0]) if place else None
        return await _page(first, after, start, read, shown, cursor)

    async def _asked(self, query: Query, narrowed: PostFilter) -> PostQuery | None:
        """What to ask the index; None where there is no such author, so that nothing can match."""
        wanted = set()
        if narrowed.author is not None:
            author_id = await self._users.user_id_by_username(narrowed.author.strip().removeprefix("@"))
            if author_id is None:
                return None
            wanted.add(labels.by_author(author_id))
        if narrowed.tag is not None:
            wanted.add(labels.with_tag(narrowed.tag))
        if narrowed.language is not None:
            wanted.add(labels.in_language(narrowed.language))
        if narrowed.has_media is not None:
            wanted.add(labels.with_media(narrowed.has_media))
        above = 0 if narrowed.since is None else max(first_id(narrowed.since) - 1, 0)
        below = MAX_ID if narrowed.until is None else first_id(narrowed.until)
        return PostQuery(query, frozenset(wanted), above, below)

    async def _shown(
        self, actor: Actor, query: Query, cursors: Mapping[PostId, str]
    ) -> dict[PostId, EdgeView[PostView]]:
        if not cursors:
            return {}
        hydrated = await self._hydrator.posts(actor, list(cursors))
        return {
            view.id: FoundView(cursors[view.id], view, query)
            for view in post_views(rules.discovered(cursors, hydrated), hydrated)
            # The index learns of an edit a moment late; nobody finds a post by what it does not say any more.
            if view.edited_at is None or matches(query, indexed(view.content))
        }


async def _page(
    first: int,
    after: str | None,
    start: Hit | None,
    read: Callable[[int, Hit | None], Awaitable[Sequence[Hit]]],
    shown: Callable[[Sequence[Hit]], Awaitable[Mapping[Hit, EdgeView[Node]]]],
    cursor: Callable[[Hit], str],
) -> ConnectionView[Node]:
    """The page behind `start`. `read` gives at most so many hits behind one, `shown` the edges of those that the viewer
    may see. A page that loses hits is refilled from those that follow.
    """
    edges: list[EdgeView[Node]] = []
    last = start
    for _ in range(_ROUNDS):
        missing = first - len(edges)
        limit = missing + 1 if last is start else missing + missing // 2 + 5
        hits = await read(limit, last)
        seen = await shown(hits)
        for hit in hits:
            edge = seen.get(hit)
            if edge is not None and len(edges) == first:
                return ConnectionView(edges, page_info(edges, has_next=True, after=after, end=None))
            if edge is not None:
                edges.append(edge)
            last = hit
        if len(hits) < limit:
            return ConnectionView(edges, page_info(edges, has_next=False, after=after, end=None))
    # Only here a cursor is of what is not shown, or whoever follows it would never get past.
    end = None if last is None else cursor(last)
    return ConnectionView(edges, page_info(edges, has_next=True, after=after, end=end))
