"""What feeds do when something happened: jobs, delivered at least once."""

from datetime import UTC, datetime

from socialfeed.application.ports.readers import PostReader
from socialfeed.application.ports.timelines import KEPT, Timelines
from socialfeed.application.ports.trending import Trending
from socialfeed.domain import ranking
from socialfeed.domain.events import (
    CommentAdded,
    Engagement,
    Envelope,
    PostLiked,
    PostShared,
    UserFollowed,
)

BACKFILL = KEPT + 1
"""Posts of somebody newly followed that go into a timeline. Had it no floor, fewer would leave the others out of the
feed for ever; so many overfill it, and the floor rises above what is not there.
"""

_WEIGHTS: dict[type[Engagement], float] = {
    PostLiked: ranking.LIKE,
    CommentAdded: ranking.COMMENT,
    PostShared: ranking.SHARE,
}


class FeedReactions:
    def __init__(self, timelines: Timelines, trending: Trending, posts: PostReader) -> None:
        self._timelines = timelines
        self._trending = trending
        self._posts = posts

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
