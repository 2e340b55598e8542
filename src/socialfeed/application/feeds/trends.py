"""Keeping the books of what trends: a job for each reaction, and comparing with the database, and building anew."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.readers import EngagementReader, PostReader
from socialfeed.application.ports.trending import KEPT, Trending
from socialfeed.domain.events import Engagement, Envelope
from socialfeed.domain.ids import PostId, UserId, first_id, unix_ms
from socialfeed.domain.post import Post
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import (
    EVERYWHERE,
    LIFE,
    Limits,
    Reaction,
    Trendable,
    added_up,
    after,
    scopes_of,
)

BATCH = 500
COMPARED = 400
"""So many posts of each window are compared: those that anybody gets to see."""

TOLERANCE = 1e-6
"""Of ranks, which are counted in half-lives: sums that were added up in another order differ by less."""

LOOKS = 3
"""What changes while it is compared is looked at so often before it is called drift."""

Progress = Callable[[str, int], None]
"""Gets what is being read and how much of it is done so far."""

_LIFE_MS = int(LIFE.total_seconds() * 1000)


class TrendDrift(NamedTuple):
    """A post whose rank in a window is not what its rows make it. None: it does not trend."""

    post_id: PostId
    window: Window
    kept: float | None
    rows: float | None


class _Reacted(NamedTuple):
    post: Trendable
    reactions: list[Reaction]


_Ranks = dict[PostId, tuple[float | None, ...]]


class Trends:
    """For `doctor`: `drift` says what trends otherwise than the rows of the database make it, and `rebuild` mends all
    of it; both read all posts once, and may be run while everybody goes on working. Reactions whose jobs have yet to
    run are drift until then.
    """

    def __init__(
        self,
        trending: Trending,
        posts: PostReader,
        engagement: EngagementReader,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._trending = trending
        self._posts = posts
        self._engagement = engagement
        self._clock = clock
        self._limits = limits

    async def react(self, envelope: Envelope) -> None:
        """Job: a reaction moves a post in the trending order; taking it back undoes exactly that."""
        event = envelope.event
        if not isinstance(event, Engagement):
            return
        post = (await self._posts.posts_by_ids([event.post_id])).get(event.post_id)
        if post is not None and post.author_id != event.user_id:
            told = Reaction(event.reaction_id, event.user_id, event.sign)
            await self._trending.add(_trendable(post), [told], self._limits)

    async def drift(self) -> list[TrendDrift]:
        """Of the posts that trend, and of those that should: the ones that stand elsewhere than their rows say."""
        found = await self._reacted(lambda _, __: None)
        expected: _Ranks = {each.post.id: self._ranks(each) for each in found}
        suspects = await self._differing(expected, None)
        for _ in range(LOOKS - 1):
            if not suspects:
                break
            again = await self._read(list({drift.post_id for drift in suspects}))
            expected |= {each.post.id: self._ranks(each) for each in again}
            suspects = await self._differing(expected, {(drift.post_id, drift.window) for drift in suspects})
        return suspects

    async def rebuild(self, progress: Progress) -> None:
        """Forgets everything and tells it again, from the rows. What trends is incomplete until this ends; reactions
        of meanwhile are told by their jobs, before or after, once in any case.
        """
        await self._trending.clear()
        for done, (post, reactions) in enumerate(await self._reacted(progress), start=1):
            await self._trending.add(post, reactions, self._limits)
            progress("trending", done)

    async def _reacted(self, progress: Progress) -> list[_Reacted]:
        """The posts that somebody reacted to within `LIFE`, with what counts."""
        found: list[_Reacted] = []
        last, done = None, 0
        while ids := await self._posts.ids_after(last, limit=BATCH):
            found += await self._read(ids)
            last, done = ids[-1], done + len(ids)
            progress("compared", done)
        return self._within_limits(found)

    async def _read(self, ids: Sequence[PostId]) -> list[_Reacted]:
        reactions = await self._engagement.done_with(ids)
        recent = {post_id: told for post_id in ids if (told := self._recent(reactions.get(post_id, [])))}
        posts = await self._posts.posts_by_ids(list(recent))
        return [
            _Reacted(_trendable(post), [told for told in recent[post.id] if told.actor_id != post.author_id])
            for post in posts.values()
        ]

    def _recent(self, reactions: Sequence[Reaction]) -> list[Reaction]:
        """Those since the post was last forgotten: none where it is."""
        alive = first_id(self._clock.now() - LIFE)
        if not reactions or reactions[-1].id < alive:
            return []
        begin = 0
        for n in range(1, len(reactions)):
            if unix_ms(reactions[n].id) - unix_ms(reactions[n - 1].id) > _LIFE_MS:
                begin = n
        return list(reactions[begin:])

    def _within_limits(self, found: Sequence[_Reacted]) -> list[_Reacted]:
        """Without what people did beyond their number of an hour, in the order in which they did it."""
        made: Counter[tuple[UserId, int]] = Counter(
            (reaction.actor_id, reaction.hour) for each in found for reaction in each.reactions
        )
        busy = {who for who, number in made.items() if number > self._limits.hourly}
        theirs = sorted(
            reaction for each in found for reaction in each.reactions if (reaction.actor_id, reaction.hour) in busy
        )
        numbers: Counter[tuple[UserId, int]] = Counter()
        beyond = set()
        for reaction in theirs:
            who = (reaction.actor_id, reaction.hour)
            numbers[who] += 1
            if numbers[who] > self._limits.hourly:
                beyond.add(reaction)
        return [
            _Reacted(each.post, [reaction for reaction in each.reactions if reaction not in beyond]) for each in found
        ]

    def _ranks(self, reacted: _Reacted) -> tuple[float | None, ...]:
        standings: dict[UserId, tuple[int, ...]] = {}
        for reaction in reacted.reactions:
            standings[reaction.actor_id] = after(standings.get(reaction.actor_id, ()), reaction)
        return added_up(standings.values()).ranks(self._limits)

    async def _differing(self, expected: _Ranks, suspects: set[tuple[PostId, Window]] | None) -> list[TrendDrift]:
        found = []
        for number, window in enumerate(Window):
            kept = {trend.post_id: trend.rank for trend in await self._trending.top(EVERYWHERE, window, limit=KEPT)}
            rows = {post_id: rank for post_id, ranks in expected.items() if (rank := ranks[number]) is not None}
            seen = {*_first(kept), *_first(rows)}
            if suspects is not None:
                seen = {post_id for post_id, of in suspects if of is window}
            for post_id in sorted(seen):
                drift = TrendDrift(post_id, window, kept.get(post_id), rows.get(post_id))
                if not _are_alike(drift.kept, drift.rows):
                    found.append(drift)
        return found


def _trendable(post: Post) -> Trendable:
    return Trendable(post.id, scopes_of(post.language, post.tags))


def _first(ranks: dict[PostId, float]) -> list[PostId]:
    return sorted(ranks, key=lambda post_id: (ranks[post_id], post_id), reverse=True)[:COMPARED]


def _are_alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE
