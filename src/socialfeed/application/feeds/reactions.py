"""What feeds do when something happened: jobs, delivered at least once."""

from datetime import UTC, datetime

from socialfeed.application.ports.graph import GraphReader
from socialfeed.application.ports.readers import (
    PostReader,
)
from socialfeed.application.ports.timelines import Entry, Timelines
from socialfeed.application.ports.trending import Trending
from socialfeed.domain import ranking
from socialfeed.domain.events import (
    CommentAdded,
    Engagement,
    Envelope,
    PostLiked,
    PostPublished,
    PostShared,
    UserFollowed,
)

FANOUT_CHUNK = 2_000
BACKFILL = 50

_WEIGHTS: dict[type[Engagement], float] = {
    PostLiked: ranking.LIKE,
    CommentAdded: ranking.COMMENT,
    PostShared: ranking.SHARE,
}


class FeedReactions:
    def __init__(self, timelines: Timelines, trending: Trending, posts: PostReader, graph: GraphReader) -> None:
        self._timelines = timelines
        self._trending = trending
        self._posts = posts
        self._graph = graph

    async def fan_out(self, envelope: Envelope) -> None:
        """Job: a new post goes into its author's and the followers' timelines."""
        event = envelope.event
        if not isinstance(event, PostPublished):
            return
        entry = Entry(event.post_id, event.author_id)
        await self._timelines.push(entry, [event.author_id])
        before = None
        while True:
            follows = await self._graph.followers(event.author_id, before=before, limit=FANOUT_CHUNK)
            if follows:
                await self._timelines.push(entry, [follow.follower_id for follow in follows])
            if len(follows) < FANOUT_CHUNK:
                return
            before = follows[-1].id

    async def backfill(self, envelope: Envelope) -> None:
        """Job: who follows somebody finds the newest posts at home."""
        event = envelope.event
        if isinstance(event, UserFollowed):
            newest = await self._posts.newest_by_authors([event.followee_id], limit=BACKFILL)
            await self._timelines.backfill(event.follower_id, newest)

    async def trend(self, envelope: Envelope) -> None:
        """Job: a reaction moves a post in the trending order; taking it back undoes exactly that."""
        event = envelope.event
        if isinstance(event, Engagement):
            at = datetime.fromtimestamp(event.at_ms / 1000, UTC)
            await self._trending.add(envelope.id, event.post_id, event.sign * _WEIGHTS[type(event)], at)
