"""How a new post, or a share, comes into timelines: pushed chunk by chunk, or left to readers who are too many."""

from datetime import timedelta

from socialfeed.application.commands import Commands
from socialfeed.application.ports.graph import GraphReader
from socialfeed.application.ports.readers import UserReader
from socialfeed.application.ports.timelines import Entry, Timelines
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.events import Envelope, Event, FanOutContinued, PostPublished, PostShared
from socialfeed.domain.ids import FollowId

CHUNK = 2_000
"""Followers that one job pushes to."""

LAG = timedelta(seconds=5)
"""How long an event may wait for its fan-out before fewer are pushed."""


class FanOut:
    """What accounts with more than `limit` followers write and share is not pushed but pulled when a feed is read. What
    counts is the number when it is fanned out: it decides how a post travels, never whether it arrives.
    """

    def __init__(
        self,
        commands: Commands,
        timelines: Timelines,
        users: UserReader,
        graph: GraphReader,
        freshness: Freshness,
        *,
        limit: int,
    ) -> None:
        self._commands = commands
        self._freshness = freshness
        self._timelines = timelines
        self._users = users
        self._graph = graph
        self._limit = limit

    async def begin(self, envelope: Envelope) -> None:
        """Job: a new post, or share, goes into the timeline of who made it, and into those of the first followers or
        into none.
        """
        entry = _entry(envelope.event)
        if entry is None:
            return
        await self._timelines.push(entry, [entry.account_id])
        counts = (await self._users.profile_counts([entry.account_id])).get(entry.account_id)
        if counts is not None and counts.followers > self._limit_after(self._commands.clock.now() - envelope.at):
            async with self._commands.transaction() as tx:
                await tx.posts.leave_to_readers(*entry)
            await self._freshness.left_to_readers()
        else:
            await self._push(entry, before=None)

    async def go_on(self, envelope: Envelope) -> None:
        """Job: it goes into the timelines of the next followers."""
        event = envelope.event
        if isinstance(event, FanOutContinued):
            await self._push(Entry(event.post_id, event.author_id), before=event.before)

    async def _push(self, entry: Entry, before: FollowId | None) -> None:
        """The rest is an event of its own, behind everything that waits already: many small posts do not wait for a big
        one. It is written last, so a job that dies half-way is done again as a whole; one that dies just after that
        is, too, and the rest is then pushed twice and counts once.
        """
        followers = await self._graph.follower_ids(entry.account_id, before=before, limit=CHUNK)
        await self._timelines.push(entry, followers.user_ids)
        if followers.last is not None and len(followers.user_ids) == CHUNK:
            async with self._commands.transaction() as tx:
                await self._commands.publish(tx, FanOutContinued(*entry, followers.last))

    def _limit_after(self, waited: timedelta) -> int:
        """Falls with the wait, so that a queue that lags grows no further: at twice `LAG`, half as many followers are
        too many. What one job does anyway is still pushed.
        """
        if waited <= LAG:
            return self._limit
        return min(self._limit, max(CHUNK, int(self._limit * (LAG / waited))))


def _entry(event: Event) -> Entry | None:
    """None of a share that was taken back, and of one by a quote, which is published as the post that it is."""
    match event:
        case PostPublished():
            return Entry(event.post_id, event.author_id)
        case PostShared(sign=1) if event.share_id:
            return Entry(event.share_id, event.user_id)
        case _:
            return None
