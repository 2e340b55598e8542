"""What feeds do when something happened: jobs, delivered at least once."""

from socialfeed.application.ports.readers import PostReader
from socialfeed.application.ports.timelines import KEPT, Timelines
from socialfeed.domain.events import Envelope, UserFollowed

BACKFILL = KEPT + 1
"""Posts and shares of somebody newly followed that go into a timeline. Had it no floor, fewer would leave the others
out of the feed for ever; so many overfill it, and the floor rises above what is not there.
"""


class FeedReactions:
    def __init__(self, timelines: Timelines, posts: PostReader) -> None:
        self._timelines = timelines
        self._posts = posts

    async def backfill(self, envelope: Envelope) -> None:
        """Job: who follows somebody finds their newest posts and shares at home."""
        event = envelope.event
        if isinstance(event, UserFollowed):
            newest = await self._posts.newest_entries([event.followee_id], limit=BACKFILL)
            await self._timelines.backfill(event.follower_id, newest)
