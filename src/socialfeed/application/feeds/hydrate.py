"""From ids to everything a view needs, by one batch read per noun."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from socialfeed.application.counters import Counters
from socialfeed.application.ports.readers import EngagementReader, GraphReader, PostBatches, Profile, ProfileBatches
from socialfeed.domain.engagement import Counts, Engaged
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import Post
from socialfeed.domain.visibility import Viewpoint


@dataclass(frozen=True, slots=True)
class HydratedPosts:
    """What storage knows about some posts, and what the viewer did with them. Posts that are gone are absent.
    `viewpoint` knows whom of the private authors the viewer follows.
    """

    posts: dict[PostId, Post]
    authors: dict[UserId, Profile]
    counts: dict[PostId, Counts]
    engaged: dict[PostId, Engaged]
    viewpoint: Viewpoint


class Hydrator:
    def __init__(
        self,
        posts: PostBatches,
        users: ProfileBatches,
        engagement: EngagementReader,
        counters: Counters,
        graph: GraphReader,
    ) -> None:
        self._posts = posts
        self._users = users
        self._engagement = engagement
        self._counters = counters
        self._graph = graph

    async def posts(self, actor: Actor, ids: Sequence[PostId]) -> HydratedPosts:
        posts = await self._posts.posts_by_ids(ids)
        authors = await self.profiles(list({post.author_id for post in posts.values()}))
        counts = await self._counters.counts(list(posts))
        engaged = await self._engagement.engaged(actor.user_id, list(posts)) if actor.user_id else {}
        return HydratedPosts(posts, authors, counts, engaged, await self.viewpoint(actor, authors.values()))

    async def viewpoint(self, actor: Actor, authors: Iterable[Profile]) -> Viewpoint:
        """Costs a read only where somebody among the authors is private."""
        private = [author.id for author in authors if author.is_private and author.id != actor.user_id]
        if actor.user_id is None or not private:
            return Viewpoint(actor.user_id)
        return Viewpoint(actor.user_id, await self._graph.followed_among(actor.user_id, private))

    async def profiles(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        return await self._users.profiles_by_ids(ids)
