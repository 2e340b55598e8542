"""Likes and shares."""

from datetime import datetime

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.counters import Counters
from socialfeed.application.feeds.hydrate import Hydrator
from socialfeed.application.feeds.present import like_view, share_view, user_view
from socialfeed.application.posts import Posts, with_counts
from socialfeed.application.views import LikeView, PostView, ShareView, UserView
from socialfeed.domain.engagement import Like, Share
from socialfeed.domain.errors import UserNotFound
from socialfeed.domain.events import PostLiked, PostShared
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.permissions import Actor, Permission


class Engagement:
    """Every method is idempotent and returns the post with the counts of its own commit."""

    def __init__(self, commands: Commands, posts: Posts, hydrator: Hydrator, counters: Counters) -> None:
        self._commands = commands
        self._posts = posts
        self._hydrator = hydrator
        self._counters = counters

    @regenerates_ids
    async def like(self, actor: Actor, post_id: PostId) -> LikeView:
        user_id = actor.require(Permission.POST_LIKE)
        await self._posts.require(actor, post_id)
        new = Like(self._commands.ids.like(), post_id, user_id, self._commands.clock.now())
        async with self._commands.transaction() as tx:
            like, counts = await tx.likes.add(new)
            if like is new:
                await self._commands.publish(tx, PostLiked(post_id, user_id, _ms(like.created_at)))
        await self._counters.changed(post_id, counts)
        post = with_counts(await self._posts.require(actor, post_id), counts)
        return like_view(like, await self._user(user_id), post)

    async def unlike(self, actor: Actor, post_id: PostId) -> PostView:
        user_id = actor.require(Permission.POST_LIKE)
        await self._posts.require(actor, post_id)
        async with self._commands.transaction() as tx:
            like, counts = await tx.likes.remove(post_id, user_id)
            if like is not None:
                await self._commands.publish(tx, PostLiked(post_id, user_id, _ms(like.created_at), sign=-1))
        await self._counters.changed(post_id, counts)
        return with_counts(await self._posts.require(actor, post_id), counts)

    @regenerates_ids
    async def share(self, actor: Actor, post_id: PostId) -> ShareView:
        user_id = actor.require(Permission.POST_SHARE)
        await self._posts.require(actor, post_id)
        new = Share(self._commands.ids.share(), post_id, user_id, self._commands.clock.now())
        async with self._commands.transaction() as tx:
            share, counts = await tx.shares.add(new)
            if share is new:
                await self._commands.publish(tx, PostShared(post_id, user_id, _ms(share.created_at)))
        await self._counters.changed(post_id, counts)
        post = with_counts(await self._posts.require(actor, post_id), counts)
        return share_view(share, await self._user(user_id), post)

    async def unshare(self, actor: Actor, post_id: PostId) -> PostView:
        user_id = actor.require(Permission.POST_SHARE)
        await self._posts.require(actor, post_id)
        async with self._commands.transaction() as tx:
            share, counts = await tx.shares.remove(post_id, user_id)
            if share is not None:
                await self._commands.publish(tx, PostShared(post_id, user_id, _ms(share.created_at), sign=-1))
        await self._counters.changed(post_id, counts)
        return with_counts(await self._posts.require(actor, post_id), counts)

    async def _user(self, user_id: UserId) -> UserView:
        profile = (await self._hydrator.profiles([user_id])).get(user_id)
        if profile is None:
            raise UserNotFound
        return user_view(profile)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
