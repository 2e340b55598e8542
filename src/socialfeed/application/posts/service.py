"""Writing and reading posts."""

from collections.abc import Sequence
from typing import Unpack

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.counters import Counters
from socialfeed.application.feeds import rules
from socialfeed.application.feeds.hydrate import HydratedPosts, Hydrator
from socialfeed.application.feeds.present import post_views
from socialfeed.application.guard import Guard
from socialfeed.application.idempotency import Once
from socialfeed.application.ports.readers import PostReader
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.posts.publishing import Named, Publisher
from socialfeed.application.views import PostView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.activity import Action
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import NotShareable, PostNotFound, RepliesRestricted
from socialfeed.domain.events import PostChanged
from socialfeed.domain.ids import MediaId, PostId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.policies import may_reply, may_share
from socialfeed.domain.post import (
    RESTORABLE,
    Post,
    PostChanges,
    PostEdit,
    PostOptions,
    clean_content,
)

_PURGED_AT_ONCE = 100


class Posts:
    def __init__(
        self,
        commands: Commands,
        posts: PostReader,
        hydrator: Hydrator,
        counters: Counters,
        publisher: Publisher,
        once: Once,
        freshness: Freshness,
        guard: Guard,
    ) -> None:
        self._commands = commands
        self._posts = posts
        self._counters = counters
        self._publisher = publisher
        self._once = once
        self._hydrator = hydrator
        self._freshness = freshness
        self._guard = guard

    @regenerates_ids
    async def create(
        self,
        actor: Actor,
        *,
        media_ids: Sequence[MediaId] = (),
        idempotency_key: str | None = None,
        **options: Unpack[PostOptions],
    ) -> PostView:
        """With a key, a request that is sent again gets the post of the first. Raises `Invalid`,
        `IdempotencyKeyReused`, `MediaNotFound`, `MediaAttached`, `MediaFailed`, and `PostNotFound` where that post is
        gone.
        """
        author_id = self._guard.require(actor, Permission.POST_CREATE)
        named = await self._publisher.named_in(clean_content(options["content"]))
        post = Post.write(
            self._commands.ids.post(),
            author_id,
            **options,
            tags=named.tags,
            mentions=named.mentions,
            at=self._commands.clock.now(),
        )
        async with self._commands.transaction() as tx:
            made = await self._once.made_before(
                tx, author_id, idempotency_key, {**options, "media": media_ids}, post.id
            )
            if made is None:
                await self._publisher.publish(tx, actor, post, media_ids)
        await self._publisher.published(author_id)
        return await self.require(actor, post.id if made is None else PostId(made))

    async def update(
        self,
        actor: Actor,
        post_id: PostId,
        *,
        media_ids: Sequence[MediaId] | None = None,
        **changes: Unpack[PostChanges],
    ) -> PostView:
        """See `Post.edited`; None leaves the media as they are. What the post said before is kept, and whom it names is
        found out again. Raises `PostNotFound`, `Forbidden`, `Invalid`, and as `MediaItems.attach`.
        """
        self._guard.require(actor, Permission.POST_UPDATE)
        await self.require(actor, post_id)
        content = changes.get("content")
        named = Named() if content is None else await self._publisher.named_in(clean_content(content))
        async with self._commands.transaction() as tx:
            post = await self._owned(tx, actor, post_id, Permission.POST_UPDATE)
            if post.is_deleted:
                raise PostNotFound(field="post_id")
            now = self._commands.clock.now()
            has_other = media_ids is not None and await tx.media.attach(post_id, post.author_id, media_ids)
            edited = post.edited(**changes, tags=named.tags, mentions=named.mentions, has_other_media=has_other, at=now)
            if has_other or edited.says != post.says:
                number = len((await self._posts.edits([post_id])).get(post_id, ())) + 1
                await tx.posts.add_edit(post.as_said(number))
            if has_other or edited != post:
                await self._save(tx, actor, edited, Action.POST_UPDATE)
        await self._freshness.post_changed(post_id)
        return await self.require(actor, post_id)

    async def delete(self, actor: Actor, post_id: PostId) -> None:
        """Gone from the very next read; `restore` brings it back for 30 days. Raises `PostNotFound`, `Forbidden`."""
        user_id = self._guard.require(actor, Permission.POST_DELETE)
        await self.require(actor, post_id)
        async with self._commands.transaction() as tx:
            post = await self._owned(tx, actor, post_id, Permission.POST_DELETE, Permission.POST_DELETE_ANY)
            quoted = None
            if not post.is_deleted:
                await self._publisher.share_by(tx, post, -1)
                deleted = post.deleted(user_id, self._commands.clock.now())
                quoted = await self._save(tx, actor, deleted, Action.POST_DELETE)
        await self._changed(post, quoted)

    async def restore(self, actor: Actor, post_id: PostId) -> PostView:
        """One's own, unless somebody else took it down; for whoever may restore any, all. Idempotent. Raises
        `PostNotFound`, `Forbidden`, `Invalid` (TOO_LATE).
        """
        user_id = self._guard.require(actor, Permission.POST_DELETE)
        known = (await self._posts.posts_by_ids([post_id])).get(post_id)
        if known is None or not known.is_deleted:
            await self.require(actor, post_id)
        elif known.author_id != user_id and Permission.POST_RESTORE_ANY not in actor.permissions:
            raise PostNotFound(field="post_id")  # strangers are not told that it was there
        async with self._commands.transaction() as tx:
            post = await self._owned(tx, actor, post_id, Permission.POST_DELETE, Permission.POST_RESTORE_ANY)
            if post.is_taken_down:
                self._guard.check(actor, Permission.POST_RESTORE_ANY, post_id)
            quoted = None
            if post.is_deleted:
                restored = post.restored(self._commands.clock.now())
                await self._publisher.share_by(tx, post, 1)
                quoted = await self._save(tx, actor, restored, Action.POST_RESTORE)
        await self._changed(post, quoted)
        return await self.require(actor, post_id)

    async def edits(self, ids: Sequence[PostId]) -> dict[PostId, Sequence[PostEdit]]:
        """What posts that the viewer was shown said before, oldest first."""
        found = await self._posts.edits(ids)
        return {post_id: found.get(post_id, []) for post_id in ids}

    async def purge_due(self) -> int:
        """Removes the posts that nobody can restore any more; returns how many. Safe in any number of processes."""
        purged = 0
        horizon = self._commands.clock.now() - RESTORABLE
        while due := await self._posts.due_for_purge(horizon, limit=_PURGED_AT_ONCE):
            for post_id in due:
                async with self._commands.uow() as tx:
                    post = await tx.posts.locked(post_id)
                    if post is not None and post.deleted_at is not None and post.deleted_at < horizon:
                        await tx.media.remove_of_post(post_id, self._commands.clock.now())
                        await tx.posts.remove(post_id)
                        purged += 1
        return purged

    async def by_ids(self, actor: Actor, ids: list[PostId]) -> dict[PostId, PostView]:
        """Those the viewer may see."""
        hydrated = await self._hydrator.posts(actor, ids)
        shown = rules.visible(ids, hydrated)
        return {view.id: view for view in post_views(shown, hydrated, shown)}

    async def _owned(
        self, tx: Transaction, actor: Actor, post_id: PostId, own: Permission, anybodys: Permission | None = None
    ) -> Post:
        """The post, locked, if the actor may do this to it."""
        post = await tx.posts.locked(post_id)
        if post is None:
            raise PostNotFound(field="post_id")
        self._guard.check_owns(actor, post.author_id, own, anybodys, object_id=post_id)
        return post

    async def _save(self, tx: Transaction, actor: Actor, post: Post, action: Action) -> Counts | None:
        """Returns as `Posts.save` does."""
        quoted = await tx.posts.save(post)
        await self._commands.publish(tx, PostChanged(post.id))
        await self._commands.record(tx, actor, action, post.id)
        return quoted

    async def _changed(self, post: Post, quoted: Counts | None) -> None:
        """After the commit."""
        if post.quote_of is not None and quoted is not None:
            await self._counters.changed(post.quote_of, quoted)
        await self._freshness.post_changed(post.id)

    async def require(self, actor: Actor, post_id: PostId) -> PostView:
        """Raises `PostNotFound` where the viewer sees none."""
        view = (await self.by_ids(actor, [post_id])).get(post_id)
        if view is None:
            raise PostNotFound(field="post_id")
        return view

    async def require_share(self, actor: Actor, post_id: PostId) -> None:
        """Raises `PostNotFound` where the viewer sees none, and `NotShareable` where it may not pass it on."""
        post, hydrated = await self._seen(actor, post_id)
        author = hydrated.authors[post.author_id]
        if not may_share(post, actor.signed_in, author_is_private=author.is_private):
            raise NotShareable(field="post_id")

    async def require_reply(self, actor: Actor, post_id: PostId) -> None:
        """Raises `PostNotFound` where the viewer sees none, and `RepliesRestricted` where it may not comment on it."""
        post, hydrated = await self._seen(actor, post_id)
        follows = hydrated.viewpoint.relation(post.author_id).followed_by
        if not may_reply(post, actor.signed_in, author_follows=follows):
            raise RepliesRestricted(field="post_id")

    async def _seen(self, actor: Actor, post_id: PostId) -> tuple[Post, HydratedPosts]:
        """The post as it is stored, and what is known of it, where the viewer sees it. Raises `PostNotFound`."""
        hydrated = await self._hydrator.posts(actor, [post_id])
        if not rules.visible([post_id], hydrated):
            raise PostNotFound(field="post_id")
        return hydrated.posts[post_id], hydrated


def with_counts(view: PostView, counts: Counts) -> PostView:
    """The view with the counters of the command that was just committed."""
    view.likes_count, view.comments_count, view.shares_count = counts.likes, counts.comments, counts.shares
    return view
