"""Comments and who likes them: the repositories of a transaction, and the reader."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

from socialfeed.adapters.memory.counting import bump_post
from socialfeed.adapters.memory.database import Changes, Database
from socialfeed.application.ports.readers import NO_ONE, Onlooker, Place, Placed
from socialfeed.domain.comment import Comment, CommentLike, Liking, Sort
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import CommentNotFound, IdConflict
from socialfeed.domain.ids import CommentId, PostId, UserId, unix_ms
from socialfeed.domain.ranking import hot


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
        ends: Comment | None = comment
        while ends is not None:
            self.changes.comments.remove(ends.id)
            above = self.changes.comments.get(ends.parent_id) if ends.parent_id is not None else None
            is_left = above is None or not above.is_deleted or self._is_answered(above)
            ends = None if is_left else above

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
        onlooker: Onlooker = NO_ONE,
        *,
        limit: int,
        sort: Sort = Sort.OLDEST,
        after: Place | None = None,
    ) -> dict[CommentId | None, list[Placed]]:
        def page(parent: CommentId | None) -> list[Placed]:
            # Places in the order of the sort: what comes past `after` has a greater key.
            placed = [Placed(comment, self._score(comment, sort)) for comment in self._seen(post_id, parent, onlooker)]
            past = [each for each in placed if after is None or _key(each.place, sort) > _key(after, sort)]
            return nsmallest(limit, past, key=lambda each: _key(each.place, sort))

        return {parent: page(parent) for parent in parent_ids}

    async def child_counts(
        self, post_id: PostId, parent_ids: Sequence[CommentId | None], onlooker: Onlooker = NO_ONE
    ) -> dict[CommentId | None, int]:
        return {
            parent: sum(not comment.is_deleted for comment in self._seen(post_id, parent, onlooker))
            for parent in parent_ids
        }

    async def hidden_above(self, ids: Sequence[CommentId]) -> dict[CommentId, frozenset[UserId]]:
        return {comment_id: self._hidden_above(comment_id) for comment_id in ids}

    def _hidden_above(self, comment_id: CommentId) -> frozenset[UserId]:
        authors = set[UserId]()
        comment = self.database.comments.rows.get(comment_id)
        while comment is not None:
            if comment.is_hidden:
                authors.add(comment.author_id)
            comment = self.database.comments.rows.get(comment.parent_id) if comment.parent_id is not None else None
        return frozenset(authors)

    async def liking(self, viewer_id: UserId | None, ids: Sequence[CommentId]) -> dict[CommentId, Liking]:
        likers = {comment_id: self.database.likes_by_comment.keys(comment_id) for comment_id in ids}
        rows = self.database.comment_likes.rows
        return {
            comment_id: Liking(len(keys), (comment_id, viewer_id) in rows)
            for comment_id, keys in likers.items()
            if keys
        }

    def _seen(self, post_id: PostId, parent: CommentId | None, onlooker: Onlooker) -> Iterator[Comment]:
        data = self.database
        post = data.posts.rows.get(post_id)
        sees_hidden = onlooker.moderates or (post is not None and post.author_id == onlooker.user_id)
        for comment in (data.comments.rows[key] for key in data.comments_by_parent.keys((post_id, parent))):
            author = data.users.rows.get(comment.author_id)
            is_own = comment.author_id == onlooker.user_id
            is_met = author is not None and author.is_active and not self._apart(author.id, onlooker.user_id)
            if (comment.is_deleted or is_own or is_met) and (not comment.is_hidden or is_own or sees_hidden):
                yield comment

    def _apart(self, one: UserId, other: UserId | None) -> bool:
        """Whether either blocks the other."""
        blocks = self.database.blocks.rows
        return other is not None and ((one, other) in blocks or (other, one) in blocks)

    def _score(self, comment: Comment, sort: Sort) -> int:
        if sort not in (Sort.TOP, Sort.HOT):
            return 0
        likes = len(self.database.likes_by_comment.keys(comment.id))
        if sort is Sort.HOT:
            return hot(unix_ms(comment.id), likes)
        return -1 if comment.is_deleted else likes  # a tombstone comes last


def _key(place: Place, sort: Sort) -> tuple[int, int]:
    """Ascending in the order of the sort."""
    return (0, place.id) if sort is Sort.OLDEST else (-place.score, -place.id)


def likes_of(changes: Changes, comment_id: CommentId) -> list[CommentLike]:
    return changes.comment_likes.matching(changes.database.likes_by_comment, comment_id)


def remove_likes(changes: Changes, comment_id: CommentId) -> None:
    for like in likes_of(changes, comment_id):
        changes.comment_likes.remove((comment_id, like.user_id))
