"""Likes and shares."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.counters import Counters
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import like_view, share_view, user_view, user_views
from socialfeed.application.guard import Guard
from socialfeed.application.paging import Cursors, check_size
from socialfeed.application.ports.readers import EngagementReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.posts.service import Posts, with_counts
from socialfeed.application.views import ConnectionView, LikeView, PostView, ShareView, UserView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.activity import Action
from socialfeed.domain.engagement import Counts, Like, Share
from socialfeed.domain.errors import UserNotFound
from socialfeed.domain.events import Engagement as EngagementEvent
from socialfeed.domain.events import PostLiked, PostShared
from socialfeed.domain.ids import IdFactory, PostId, UserId
from socialfeed.domain.permissions import Actor, Permission

R = TypeVar("R", Like, Share)


class _Repository(Protocol[R]):
    async def add(self, reaction: R, /) -> tuple[R, Counts]: ...

    async def remove(self, post_id: PostId, user_id: UserId) -> tuple[R | None, Counts]: ...


@dataclass(frozen=True, slots=True)
class _Kind(Generic[R]):
    """What likes and shares differ in."""

    permission: Permission
    event: Callable[[R, int], EngagementEvent]
    added: Action
    removed: Action
    check: Callable[[Posts, Actor, PostId], Awaitable[object]]
    of: Callable[[Transaction], _Repository[R]]
    new: Callable[[IdFactory, PostId, UserId, datetime], R]


_LIKES: _Kind[Like] = _Kind(
    Permission.POST_LIKE,
    lambda like, sign: PostLiked(like.post_id, like.user_id, _ms(like.created_at), sign, like_id=like.id),
    Action.POST_LIKE,
    Action.POST_UNLIKE,
    Posts.require,
    lambda tx: tx.likes,
    lambda ids, post_id, user_id, at: Like(ids.like(), post_id, user_id, at),
)
_SHARES: _Kind[Share] = _Kind(
    Permission.POST_SHARE,
    lambda share, sign: PostShared(share.post_id, share.user_id, _ms(share.created_at), sign, share_id=share.id),
    Action.POST_SHARE,
    Action.POST_UNSHARE,
    Posts.require_share,
    lambda tx: tx.shares,
    lambda ids, post_id, user_id, at: Share(ids.share(), post_id, user_id, at),
)


class Engagement:
    """Every method is idempotent and returns the post with the counts of its own commit."""

    def __init__(
        self,
        commands: Commands,
        reader: EngagementReader,
        posts: Posts,
        hydrator: Hydrator,
        counters: Counters,
        freshness: Freshness,
        cursors: Cursors,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._reader = reader
        self._posts = posts
        self._hydrator = hydrator
        self._counters = counters
        self._freshness = freshness
        self._cursors = cursors
        self._guard = guard

    async def like(self, actor: Actor, post_id: PostId) -> LikeView:
        like, post = await self._add(actor, post_id, _LIKES)
        return like_view(like, await self._user(like.user_id), post)

    async def unlike(self, actor: Actor, post_id: PostId) -> PostView:
        return await self._remove(actor, post_id, _LIKES)

    async def toggle_like(self, actor: Actor, post_id: PostId) -> PostView:
        """Takes the viewer's like back if there is one, else likes."""
        self._guard.require(actor, Permission.POST_LIKE)
        engaged = (await self._hydrator.posts(actor, [post_id])).engaged.get(post_id)
        if engaged is not None and engaged.liked:
            return await self._remove(actor, post_id, _LIKES)
        _, post = await self._add(actor, post_id, _LIKES)
        return post

    async def likers(
        self, actor: Actor, post_id: PostId, *, first: int, after: str | None = None
    ) -> ConnectionView[UserView]:
        """Who likes the post, the oldest accounts first, as far as the viewer may see them. Raises `PostNotFound`,
        `Invalid`.
        """
        check_size(first, "first")
        await self._posts.require(actor, post_id)

        async def read(limit: int, position: int | None) -> Sequence[UserId]:
            return await self._reader.likers(post_id, limit=limit, after=UserId(position) if position else None)

        async def keep(user_ids: Sequence[UserId]) -> dict[UserId, UserView]:
            return user_views(await self._hydrator.accounts(actor, user_ids))

        return await self._cursors.of("likers", post_id).refilled(first, after, read, int, keep)

    async def share(self, actor: Actor, post_id: PostId) -> ShareView:
        """Raises `NotShareable`, too."""
        share, post = await self._add(actor, post_id, _SHARES)
        await self._freshness.own_feed_changed(share.user_id)
        return share_view(share, await self._user(share.user_id), post)

    async def unshare(self, actor: Actor, post_id: PostId) -> PostView:
        post = await self._remove(actor, post_id, _SHARES)
        await self._freshness.post_changed(post_id)  # as it is in the feeds of followers by this share
        return post

    @regenerates_ids
    async def _add(self, actor: Actor, post_id: PostId, kind: _Kind[R]) -> tuple[R, PostView]:
        user_id = self._guard.require(actor, kind.permission)
        await kind.check(self._posts, actor, post_id)
        new = kind.new(self._commands.ids, post_id, user_id, self._commands.clock.now())
        async with self._commands.transaction() as tx:
            reaction, counts = await kind.of(tx).add(new)
            if reaction is new:
                await self._commands.publish(tx, kind.event(new, 1))
                await self._commands.record(tx, actor, kind.added, post_id)
        return reaction, await self._with(actor, post_id, counts)

    async def _remove(self, actor: Actor, post_id: PostId, kind: _Kind[R]) -> PostView:
        user_id = self._guard.require(actor, kind.permission)
        await self._posts.require(actor, post_id)
        async with self._commands.transaction() as tx:
            reaction, counts = await kind.of(tx).remove(post_id, user_id)
            if reaction is not None:
                await self._commands.publish(tx, kind.event(reaction, -1))
                await self._commands.record(tx, actor, kind.removed, post_id)
        return await self._with(actor, post_id, counts)

    async def _with(self, actor: Actor, post_id: PostId, counts: Counts) -> PostView:
        await self._counters.changed(post_id, counts)
        return with_counts(await self._posts.require(actor, post_id), counts)

    async def _user(self, user_id: UserId) -> UserView:
        profile = (await self._hydrator.profiles([user_id])).get(user_id)
        if profile is None:
            raise UserNotFound
        return user_view(profile)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
