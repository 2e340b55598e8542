"""Comments and who likes them: the repositories of a transaction, and the reader."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from socialfeed.adapters.memory.counting import bump_post
from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.domain.comment import Comment, CommentLike, Liking
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import CommentNotFound, IdConflict
from socialfeed.domain.ids import CommentId, PostId, UserId


@dataclass(frozen=True, slots=True)
class MemoryComments:
    changes: Changes

    async def get(self, comment_id: CommentId) -> Comment | None:
        return self.changes.comments.get(comment_id)

    async def add(self, comment: Comment) -> Counts:
        if self.changes.comments.get(comment.id) is not None:
            raise IdConflict
        counts = bump_post(self.changes, comment.post_id, comments=1)
        self.changes.comments.put(comment.id, comment)
        return counts

    async def locked(self, comment_id: CommentId) -> Comment | None:
        return self.changes.comments.get(comment_id)

    async def save(self, comment: Comment) -> None:
        if self.changes.comments.get(comment.id) is None:
            raise CommentNotFound
        self.changes.comments.put(comment.id, comment)

    async def delete(self, comment: Comment) -> Counts:
        remove_likes(self.changes, comment.id)
        if self._is_answered(comment):
            self.changes.comments.put(comment.id, comment)
        else:
            self._remove(comment)
        return bump_post(self.changes, comment.post_id, comments=-1)

    def _remove(self, comment: Comment) -> None:
        self.changes.comments.remove(comment.id)
        above = self.changes.comments.get(comment.parent_id) if comment.parent_id is not None else None
        if above is not None and above.is_deleted and not self._is_answered(above):
            self._remove(above)

    def _is_answered(self, comment: Comment) -> bool:
        index = self.changes.database.comments_by_parent
        return bool(self.changes.comments.matching(index, (comment.post_id, comment.id)))

    async def blank_of(self, author_id: UserId) -> None:
        for comment in self.changes.comments.matching(self.changes.database.comments_by_author, author_id):
            self.changes.comments.put(comment.id, replace(comment, content=""))


@dataclass(frozen=True, slots=True)
class MemoryCommentLikes:
    changes: Changes

    async def add(self, like: CommentLike) -> tuple[CommentLike, int]:
        self._require(like.comment_id)
        key = like.comment_id, like.user_id
        present = self.changes.comment_likes.get(key)
        if present is None:
            self.changes.comment_likes.put(key, like)
        return present or like, len(likes_of(self.changes, like.comment_id))

    async def remove(self, comment_id: CommentId, user_id: UserId) -> tuple[CommentLike | None, int]:
        self._require(comment_id)
        removed = self.changes.comment_likes.remove((comment_id, user_id))
        return removed, len(likes_of(self.changes, comment_id))

    def _require(self, comment_id: CommentId) -> None:
        comment = self.changes.comments.get(comment_id)
        if comment is None or comment.is_deleted:
            raise CommentNotFound


@dataclass(frozen=True, slots=True)
class MemoryCommentReader:
    database: Database

    async def comments_by_ids(self, ids: Sequence[CommentId]) -> dict[CommentId, Comment]:
        return self.database.comments.by_keys(ids)

    async def children(
        self,
        post_id: PostId,
        parent_ids: Sequence[CommentId | None],
        *,
        limit: int,
        after: CommentId | None = None,
        newest_first: bool = False,
    ) -> dict[CommentId | None, list[Comment]]:
        rows = self.database.comments.rows
        return {
            parent: [rows[key] for key in islice(self._walk(post_id, parent, after, newest_first), limit)]
            for parent in parent_ids
        }

    async def child_counts(
        self, post_id: PostId, parent_ids: Sequence[CommentId | None]
    ) -> dict[CommentId | None, int]:
        index, rows = self.database.comments_by_parent, self.database.comments.rows
        return {parent: sum(not rows[key].is_deleted for key in index.keys((post_id, parent))) for parent in parent_ids}

    async def liking(self, viewer_id: UserId | None, ids: Sequence[CommentId]) -> dict[CommentId, Liking]:
        likers = {comment_id: self.database.likes_by_comment.keys(comment_id) for comment_id in ids}
        rows = self.database.comment_likes.rows
        return {
            comment_id: Liking(len(keys), (comment_id, viewer_id) in rows)
            for comment_id, keys in likers.items()
            if keys
        }

    def _walk(
        self, post_id: PostId, parent: CommentId | None, after: CommentId | None, newest_first: bool
    ) -> Iterator[CommentId]:
        keys = self.database.comments_by_parent.keys((post_id, parent))
        if newest_first:
            end = len(keys) if after is None else bisect_left(keys, after)
            return (keys[place] for place in range(end - 1, -1, -1))
        start = 0 if after is None else bisect_right(keys, after)
        return islice(keys, start, None)


def likes_of(changes: Changes, comment_id: CommentId) -> list[CommentLike]:
    return changes.comment_likes.matching(changes.database.likes_by_comment, comment_id)


def remove_likes(changes: Changes, comment_id: CommentId) -> None:
    for like in likes_of(changes, comment_id):
        changes.comment_likes.remove((comment_id, like.user_id))
