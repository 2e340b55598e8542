"""From ids to everything a view needs, by one batch read per noun."""

from collections.abc import Sequence
from dataclasses import dataclass

from socialfeed.application.counters import Counters
from socialfeed.application.ports.storage import EngagementReader, PostBatches, Profile, ProfileBatches
from socialfeed.domain.engagement import Counts, Engaged
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import Post


@dataclass(frozen=True, slots=True)
class HydratedPosts:
    """What storage knows about some posts, and what the viewer did with them. Posts that are gone are absent."""

    posts: dict[PostId, Post]
    authors: dict[UserId, Profile]
    counts: dict[PostId, Counts]
    engaged: dict[PostId, Engaged]


class Hydrator:
    def __init__(
        self, posts: PostBatches, users: ProfileBatches, engagement: EngagementReader, counters: Counters
    ) -> None:
        self._posts = posts
        self._users = users
        self._engagement = engagement
        self._counters = counters

    async def posts(self, actor: Actor, ids: Sequence[PostId]) -> HydratedPosts:
        posts = await self._posts.posts_by_ids(ids)
        authors = await self.profiles(list({post.author_id for post in posts.values()}))
        counts = await self._counters.counts(list(posts))
        engaged = await self._engagement.engaged(actor.user_id, list(posts)) if actor.user_id else {}
        return HydratedPosts(posts, authors, counts, engaged)

    async def profiles(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        return await self._users.profiles_by_ids(ids)
