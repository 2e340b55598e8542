"""Trending posts, scored by forward decay."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import (
    HOURS_KNOWN,
    LIFE,
    Limits,
    Reaction,
    Standing,
    Tally,
    Trend,
    Trendable,
    added_up,
    after,
)

_WINDOWS = tuple(Window)


@dataclass(slots=True)
class _Book:
    """Of one post."""

    touched: datetime
    standings: dict[UserId, Standing] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    ranks: tuple[float | None, ...] = (None,) * len(_WINDOWS)
    scopes: set[str] = field(default_factory=set)


class MemoryTrending:
    """No method suspends, so each is atomic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # In the order in which they were reacted to last.
        self._books: dict[PostId, _Book] = {}
        self._scopes: defaultdict[str, set[PostId]] = defaultdict(set)
        # The same, of hours: how many reactions each person made in them.
        self._hours: dict[int, tuple[datetime, dict[UserId, int]]] = {}

    async def add(self, post: Trendable, reactions: Sequence[Reaction], limits: Limits) -> None:
        now = self._clock.now()
        book = self._books.pop(post.id, None) or _Book(now)
        book.touched = now
        self._books[post.id] = book
        for reaction in reactions:
            before = book.standings.get(reaction.actor_id, ())
            then = after(before, reaction)
            if then == before or (reaction.sign > 0 and not self._is_within(reaction, limits)):
                continue
            book.standings[reaction.actor_id] = then
            book.tally = book.tally.moved(before, then)
            if book.tally.is_cancelled:
                book.tally = added_up(book.standings.values())
        self._place(post, book.tally.ranks(limits))
        self._forget_the_old(now)

    async def top(self, scope: str, window: Window, *, limit: int) -> list[Trend]:
        return self._highest(scope, _WINDOWS.index(window), min(limit, KEPT))

    async def clear(self) -> None:
        for book in (self._books, self._scopes, self._hours):
            book.clear()

    def _is_within(self, reaction: Reaction, limits: Limits) -> bool:
        """Whether it has a place among those of its hour, which it takes."""
        now = self._clock.now()
        _, made = self._hours.pop(reaction.hour, (now, {}))
        self._hours[reaction.hour] = now, made
        while now - next(iter(self._hours.values()))[0] > HOURS_KNOWN:
            del self._hours[next(iter(self._hours))]
        number = made.get(reaction.actor_id, 0)
        if number >= limits.hourly:
            return False
        made[reaction.actor_id] = number + 1
        return True

    def _place(self, post: Trendable, ranks: tuple[float | None, ...]) -> None:
        book = self._books[post.id]
        book.ranks = ranks
        if ranks[0] is None:
            return
        for scope in post.scopes:
            members = self._scopes[scope]
            members.add(post.id)
            book.scopes.add(scope)
            if len(members) > 2 * KEPT:
                kept = {trend.post_id for n in range(len(_WINDOWS)) for trend in self._highest(scope, n, KEPT)}
                for post_id in members - kept:
                    self._books[post_id].scopes.discard(scope)
                self._scopes[scope] = kept

    def _highest(self, scope: str, window: int, limit: int) -> list[Trend]:
        ranked = ((self._books[post_id].ranks[window], post_id) for post_id in self._scopes.get(scope, ()))
        highest = nlargest(limit, ((rank, post_id) for rank, post_id in ranked if rank is not None))
        return [Trend(post_id, rank) for rank, post_id in highest]

    def _forget_the_old(self, now: datetime) -> None:
        while True:
            post_id, book = next(iter(self._books.items()))
            if now - book.touched <= LIFE:
                return
            del self._books[post_id]
            for scope in book.scopes:
                self._scopes[scope].discard(post_id)
                if not self._scopes[scope]:
                    del self._scopes[scope]
