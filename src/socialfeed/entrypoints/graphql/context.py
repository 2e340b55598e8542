"""What resolvers find in `info.context`: the services, the viewer, and loaders that live for one request."""

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

from aiodataloader import DataLoader
from graphql import GraphQLResolveInfo

from socialfeed.application.objects import Found
from socialfeed.application.services import Services
from socialfeed.application.views import (
    ConnectionView,
    MediaView,
    PostView,
    RelationshipView,
    ThreadView,
    UserView,
)
from socialfeed.domain.comment import Sort
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import CommentId, ListId, MediaId, PostId, UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.post import PostEdit
from socialfeed.entrypoints.graphql.feed_notes import FeedNotes

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loader(DataLoader[K, V]):
    """Batches the loads of one tick into one call that answers a mapping."""

    def __init__(self, read: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        async def batch(keys: list[K]) -> list[V]:
            found = await read(keys)
            return [found[key] for key in keys]

        super().__init__(batch)


class Shape(NamedTuple):
    """What pages of replies have in common that are read together."""

    first: int
    after: str | None
    sort: Sort
    level: int


class Context:
    """One request. Its loaders are made when they are asked for: most requests need none."""

    def __init__(self, services: Services, actor: Actor) -> None:
        self.services = services
        self.actor = actor
        self.feeds = FeedNotes()
        self._replies: dict[tuple[PostId, Shape], Loader[CommentId, ThreadView]] = {}
        self._reply_counts: dict[PostId, Loader[CommentId, int]] = {}
        self._members: dict[tuple[int, str | None], Loader[ListId, ConnectionView[UserView]]] = {}

    @cached_property
    def profile_counts(self) -> Loader[UserId, ProfileCounts]:
        return Loader(self.services.graph.counts)

    @cached_property
    def relationships(self) -> Loader[UserId, RelationshipView | None]:
        return Loader(self._relationships)

    @cached_property
    def users(self) -> Loader[UserId, UserView | None]:
        return Loader(self._users)

    @cached_property
    def listed(self) -> Loader[UserId, UserView | None]:
        return Loader(self._listed)

    @cached_property
    def edits(self) -> Loader[PostId, Sequence[PostEdit]]:
        return Loader(self._edits)

    @cached_property
    def posts(self) -> Loader[PostId, PostView | None]:
        return Loader(self._posts)

    @cached_property
    def media(self) -> Loader[MediaId, MediaView | None]:
        return Loader(self._media)

    @cached_property
    def media_of(self) -> Loader[PostId, Sequence[MediaView]]:
        return Loader(self._media_of)

    @cached_property
    def objects(self) -> Loader[int, Found | None]:
        return Loader(self._objects)

    @cached_property
    def pinned(self) -> Loader[UserId, PostId | None]:
        return Loader(self._pinned)

    @cached_property
    def member_counts(self) -> Loader[ListId, int]:
        return Loader(self.services.lists.member_counts)

    def members(self, first: int, after: str | None) -> Loader[ListId, ConnectionView[UserView]]:
        """Pages of the same size of whom lists have: one read for all lists."""
        key = (first, after)
        if key not in self._members:

            async def read(lists: list[ListId]) -> Mapping[ListId, ConnectionView[UserView]]:
                return await self.services.lists.members(self.actor, lists, first=first, after=after)

            self._members[key] = Loader(read)
        return self._members[key]

    def forget_members(self, list_id: ListId) -> None:
        """What another mutation of the same operation loaded before this one changed who is on the list."""
        self.member_counts.clear(list_id)
        for pages in self._members.values():
            pages.clear(list_id)

    def replies(self, post_id: PostId, shape: Shape) -> Loader[CommentId, ThreadView]:
        """Pages of replies of one shape under one post: one read for all comments of a level."""
        key = (post_id, shape)
        if key not in self._replies:

            async def read(parents: list[CommentId]) -> Mapping[CommentId, ThreadView]:
                pages = await self.services.comments.thread(
                    self.actor,
                    post_id,
                    parents,
                    first=shape.first,
                    after=shape.after,
                    sort=shape.sort,
                    level=shape.level,
                )
                return {parent: page for parent, page in pages.items() if parent is not None}

            self._replies[key] = Loader(read)
        return self._replies[key]

    async def answers(self, post_id: PostId, parent_id: CommentId | None) -> int:
        """How many comments answer a post, or a comment under it, directly; one read for all comments asked about."""
        if parent_id is not None:
            return await self._counts_of(post_id).load(parent_id)
        # By itself: sharing a read with the comments of the first level would be a matter of timing.
        return (await self.services.comments.answers(self.actor, post_id, [None]))[None]

    def _counts_of(self, post_id: PostId) -> Loader[CommentId, int]:
        if post_id not in self._reply_counts:

            async def read(parents: list[CommentId]) -> Mapping[CommentId, int]:
                counts = await self.services.comments.answers(self.actor, post_id, parents)
                return {parent: counts[parent] for parent in parents}

            self._reply_counts[post_id] = Loader(read)
        return self._reply_counts[post_id]

    async def _relationships(self, ids: list[UserId]) -> Mapping[UserId, RelationshipView | None]:
        found = await self.services.graph.relationships(self.actor, ids)
        return {user_id: found.get(user_id) for user_id in ids}

    async def _edits(self, ids: list[PostId]) -> Mapping[PostId, Sequence[PostEdit]]:
        return await self.services.posts.edits(ids)

    async def _users(self, ids: list[UserId]) -> Mapping[UserId, UserView | None]:
        found = await self.services.graph.profiles(self.actor, ids)
        return {user_id: found.get(user_id) for user_id in ids}

    async def _listed(self, ids: list[UserId]) -> Mapping[UserId, UserView | None]:
        found = await self.services.graph.listed(self.actor, ids)
        return {user_id: found.get(user_id) for user_id in ids}

    async def _media(self, ids: list[MediaId]) -> Mapping[MediaId, MediaView | None]:
        found = await self.services.media.by_ids(self.actor, ids)
        return {media_id: found.get(media_id) for media_id in ids}

    async def _media_of(self, ids: list[PostId]) -> Mapping[PostId, Sequence[MediaView]]:
        return await self.services.media.of_posts(ids)

    async def _pinned(self, ids: list[UserId]) -> Mapping[UserId, PostId | None]:
        return await self.services.pins.pinned(ids)

    async def _objects(self, ids: list[int]) -> Mapping[int, Found | None]:
        found = await self.services.objects.by_ids(self.actor, ids)
        return {each: found.get(each) for each in ids}

    async def _posts(self, ids: list[PostId]) -> Mapping[PostId, PostView | None]:
        found = await self.services.posts.by_ids(self.actor, ids)
        return {post_id: found.get(post_id) for post_id in ids}


Info = GraphQLResolveInfo[Context]
