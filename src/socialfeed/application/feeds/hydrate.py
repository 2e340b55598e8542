"""From ids to everything a view needs, by one batch read per noun."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from socialfeed.application.counters import Counters
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.graph import Standings
from socialfeed.application.ports.readers import ContentBatches, EngagementReader, Profile, SharedPost
from socialfeed.domain.engagement import Counts, Engaged
from socialfeed.domain.ids import EntryId, PostId, ShareId, UserId, is_share, shares_among
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import Post
from socialfeed.domain.visibility import Viewpoint

_NOTHING: Mapping[ShareId, SharedPost] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HydratedPosts:
    """What storage knows about some posts, and what the viewer did with them. Posts that are gone are absent.
    `viewpoint` knows how the viewer stands to the authors. Where they were asked for as entries of a home feed,
    `shared` says what shares are of, and those who shared are among the authors.
    """

    posts: dict[PostId, Post]
    authors: dict[UserId, Profile]
    counts: dict[PostId, Counts]
    engaged: dict[PostId, Engaged]
    viewpoint: Viewpoint
    shared: Mapping[ShareId, SharedPost] = field(default_factory=lambda: _NOTHING)

    def post_of(self, entry_id: EntryId) -> PostId | None:
        """None: the share was taken back."""
        if not is_share(entry_id):
            return PostId(entry_id)
        shared = self.shared.get(ShareId(entry_id))
        return shared.post_id if shared else None


class Hydrator:
    def __init__(
        self,
        contents: ContentBatches,
        engagement: EngagementReader,
        counters: Counters,
        standings: Standings,
        clock: Clock,
    ) -> None:
        self._contents = contents
        self._engagement = engagement
        self._counters = counters
        self._standings = standings
        self._clock = clock

    async def posts(self, actor: Actor, ids: Sequence[PostId]) -> HydratedPosts:
        plain = await self.plain_posts(actor, ids)
        return await self.with_reactions(actor, plain, list(plain.posts))

    async def plain_posts(self, actor: Actor, ids: Sequence[PostId]) -> HydratedPosts:
        """What the rules ask for, and nothing of what people did with the posts."""
        posts, authors = await self._contents.posts_and_authors(ids)
        return HydratedPosts(posts, authors, {}, {}, await self.viewpoint(actor, list(authors)))

    async def entries(
        self, actor: Actor, ids: Sequence[EntryId], known: Mapping[ShareId, SharedPost] = _NOTHING
    ) -> HydratedPosts:
        """The posts of entries of a home feed. What the shares are of is read, unless it is `known`; what is known of
        others, too, tells who else shared these posts.
        """
        plain = await self.plain_entries(actor, ids, known)
        return await self.with_reactions(actor, plain, list(plain.posts))

    async def plain_entries(
        self, actor: Actor, ids: Sequence[EntryId], known: Mapping[ShareId, SharedPost] = _NOTHING
    ) -> HydratedPosts:
        """What the rules ask for, and nothing of what people did with the posts."""
        shares = shares_among(ids)
        shared = {**known, **await self.shared([share_id for share_id in shares if share_id not in known])}
        wanted = {PostId(each): None for each in ids if not is_share(each)}
        wanted |= {shared[share_id].post_id: None for share_id in shares if share_id in shared}
        sharers = {each.sharer_id for each in shared.values() if each.post_id in wanted}
        posts, accounts = await self._contents.posts_and_authors(list(wanted), sharers)
        return HydratedPosts(posts, accounts, {}, {}, await self.viewpoint(actor, list(accounts)), shared)

    async def shared(self, ids: Sequence[ShareId]) -> dict[ShareId, SharedPost]:
        """What these shares are of, as far as they were not taken back."""
        return await self._engagement.shared_by_ids(ids)

    async def with_reactions(self, actor: Actor, plain: HydratedPosts, ids: Sequence[PostId]) -> HydratedPosts:
        """Those of the plain posts, with what people did with them: of a viewer who is signed in exactly, by one
        statement; of nobody in particular from the counter cache (decision 21).
        """
        posts = {post_id: plain.posts[post_id] for post_id in ids}
        accounts = {post.author_id for post in posts.values()} | {each.sharer_id for each in plain.shared.values()}
        authors = {user_id: plain.authors[user_id] for user_id in accounts if user_id in plain.authors}
        if actor.user_id is None:
            return HydratedPosts(posts, authors, await self._counters.counts(ids), {}, plain.viewpoint)
        found = await self._engagement.reactions(actor.user_id, ids)
        counts = {post_id: reactions.counts for post_id, reactions in found.items()}
        engaged = {post_id: reactions.engaged for post_id, reactions in found.items()}
        return HydratedPosts(posts, authors, counts, engaged, plain.viewpoint, plain.shared)

    async def viewpoint(self, actor: Actor, user_ids: Sequence[UserId]) -> Viewpoint:
        """How the viewer looks at what these accounts wrote. Costs no read where nobody is signed in, or where the
        viewer looks at the own things only.
        """
        viewer_id, now = actor.user_id, self._clock.now()
        others = [user_id for user_id in user_ids if user_id != viewer_id]
        if viewer_id is None or not others:
            return Viewpoint(viewer_id, now)
        relations = await self._standings.relations(viewer_id, others)
        return Viewpoint(viewer_id, now, relations, tuple(await self._standings.muted_words(viewer_id)))

    async def accounts(self, actor: Actor, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        """Those accounts among these that may stand in a list the viewer looks at, in the order given."""
        profiles = await self.profiles(ids)
        viewpoint = await self.viewpoint(actor, list(profiles))
        return {
            user_id: profiles[user_id]
            for user_id in ids
            if user_id in profiles and viewpoint.account(user_id, is_active=profiles[user_id].is_active).is_shown
        }

    async def profiles(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        return await self._contents.profiles_by_ids(ids)
