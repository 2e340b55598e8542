"""What the author of a post does about the thread below it: hides comments, and locks it."""

from collections.abc import Callable

from socialfeed.application.commands import Commands
from socialfeed.application.comments.service import Comments
from socialfeed.application.guard import Guard
from socialfeed.application.ports.repositories import Transaction
from socialfeed.application.posts.service import Posts
from socialfeed.application.views import CommentView, PostView
from socialfeed.application.work.freshness import Freshness
from socialfeed.domain.activity import Action
from socialfeed.domain.comment import Comment
from socialfeed.domain.errors import CommentNotFound, PostNotFound
from socialfeed.domain.events import PostChanged
from socialfeed.domain.ids import CommentId, PostId, UserId
from socialfeed.domain.permissions import Actor, Permission
from socialfeed.domain.post import Post


class Threads:
    """Every method is idempotent."""

    def __init__(
        self, commands: Commands, comments: Comments, posts: Posts, freshness: Freshness, guard: Guard
    ) -> None:
        self._commands = commands
        self._comments = comments
        self._posts = posts
        self._freshness = freshness
        self._guard = guard

    async def hide(self, actor: Actor, comment_id: CommentId) -> CommentView:
        """Under one's own post, or anybody's for who may. Shown from then on, with all below, to the comment's author,
        the post's, and those who may hide any. Raises `CommentNotFound`, `Forbidden`.
        """
        user_id = self._guard.require(actor, Permission.COMMENT_HIDE)
        await self._comments.require(actor, comment_id)
        async with self._commands.transaction() as tx:
            comment, post_author_id = await self._commented(tx, actor, comment_id)
            hidden = comment.hidden(user_id, post_author_id, self._commands.clock.now())
            await self._save(tx, actor, comment, hidden, Action.COMMENT_HIDE)
        return await self._comments.view(actor, hidden)

    async def unhide(self, actor: Actor, comment_id: CommentId) -> CommentView:
        """As `hide`; what somebody else than the post's author hid, only for who may hide any."""
        self._guard.require(actor, Permission.COMMENT_HIDE)
        await self._comments.require(actor, comment_id)
        async with self._commands.transaction() as tx:
            comment, post_author_id = await self._commented(tx, actor, comment_id)
            if comment.is_hidden_by_other(post_author_id):
                self._guard.check(actor, Permission.COMMENT_HIDE_ANY, comment_id)
            shown = comment.unhidden()
            await self._save(tx, actor, comment, shown, Action.COMMENT_UNHIDE)
        return await self._comments.view(actor, shown)

    async def lock(self, actor: Actor, post_id: PostId) -> PostView:
        """One's own: after it returns nobody else comments on the post. Comments that are being stored at the same
        moment are waited for, and stay. Raises `PostNotFound`, `Forbidden`.
        """
        now = self._commands.clock.now()
        return await self._change(actor, post_id, lambda post: post.locked(now), Action.POST_LOCK)

    async def unlock(self, actor: Actor, post_id: PostId) -> PostView:
        return await self._change(actor, post_id, Post.unlocked, Action.POST_UNLOCK)

    async def _change(self, actor: Actor, post_id: PostId, change: Callable[[Post], Post], action: Action) -> PostView:
        self._guard.require(actor, Permission.COMMENT_HIDE)
        await self._posts.require(actor, post_id)
        async with self._commands.transaction() as tx:
            post = await tx.posts.locked(post_id)
            if post is None or post.is_deleted:
                raise PostNotFound(field="post_id")
            self._guard.check_owns(actor, post.author_id, Permission.COMMENT_HIDE, object_id=post_id)
            changed = change(post)
            if changed != post:
                await tx.posts.save(changed)
                await self._commands.publish(tx, PostChanged(post_id))
                await self._commands.record(tx, actor, action, post_id)
        await self._freshness.post_changed(post_id)
        return await self._posts.require(actor, post_id)

    async def _commented(self, tx: Transaction, actor: Actor, comment_id: CommentId) -> tuple[Comment, UserId]:
        """The comment, locked, with the author of its post, if the actor may hide it."""
        comment = await tx.comments.locked(comment_id)
        post = await tx.posts.get(comment.post_id) if comment is not None else None
        if comment is None or comment.is_deleted or post is None or post.is_deleted:
            raise CommentNotFound(field="comment_id")
        self._guard.check_owns(
            actor, post.author_id, Permission.COMMENT_HIDE, Permission.COMMENT_HIDE_ANY, object_id=comment_id
        )
        return comment, post.author_id

    async def _save(self, tx: Transaction, actor: Actor, old: Comment, new: Comment, action: Action) -> None:
        if new != old:
            await tx.comments.save(new)
            await self._commands.record(tx, actor, action, new.id)
