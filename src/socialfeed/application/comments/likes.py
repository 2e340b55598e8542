"""Likes of comments."""

from socialfeed.application.commands import Commands, regenerates_ids
from socialfeed.application.comments.service import Comments
from socialfeed.application.guard import Guard
from socialfeed.application.views import CommentView
from socialfeed.domain.activity import Action
from socialfeed.domain.comment import CommentLike
from socialfeed.domain.events import CommentLiked
from socialfeed.domain.ids import CommentId, PostId
from socialfeed.domain.permissions import Actor, Permission


class CommentLikes:
    """Both methods are idempotent, return the comment with the count of their own commit, and raise `CommentNotFound`
    where the viewer sees none.
    """

    def __init__(self, commands: Commands, comments: Comments, guard: Guard) -> None:
        self._commands = commands
        self._comments = comments
        self._guard = guard

    @regenerates_ids
    async def like(self, actor: Actor, comment_id: CommentId) -> CommentView:
        user_id = self._guard.require(actor, Permission.COMMENT_LIKE)
        comment = await self._comments.require(actor, comment_id)
        new = CommentLike(self._commands.ids.like(), comment_id, user_id, self._commands.clock.now())
        async with self._commands.transaction() as tx:
            like, likes = await tx.comment_likes.add(new)
            if like is new:
                await self._commands.publish(tx, _event(new, comment.post_id))
                await self._commands.record(tx, actor, Action.COMMENT_LIKE, comment_id)
        return _with(await self._comments.view(actor, comment), likes, liked=True)

    async def unlike(self, actor: Actor, comment_id: CommentId) -> CommentView:
        user_id = self._guard.require(actor, Permission.COMMENT_LIKE)
        comment = await self._comments.require(actor, comment_id)
        async with self._commands.transaction() as tx:
            like, likes = await tx.comment_likes.remove(comment_id, user_id)
            if like is not None:
                await self._commands.publish(tx, _event(like, comment.post_id, sign=-1))
                await self._commands.record(tx, actor, Action.COMMENT_UNLIKE, comment_id)
        return _with(await self._comments.view(actor, comment), likes, liked=False)


def _event(like: CommentLike, post_id: PostId, *, sign: int = 1) -> CommentLiked:
    at_ms = round(like.created_at.timestamp() * 1000)
    return CommentLiked(like.comment_id, post_id, like.user_id, at_ms, sign)


def _with(view: CommentView, likes: int, *, liked: bool) -> CommentView:
    view.likes_count, view.is_liked = likes, liked
    return view
