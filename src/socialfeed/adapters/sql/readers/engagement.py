"""What a viewer did, and who did it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SelectBase,
    Table,
    bindparam,
    exists,
    literal_column,
    null,
    select,
    union_all,
)

from socialfeed.adapters.sql.columns import Moment, to_datetime
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.readers.counters import comments_below
from socialfeed.adapters.sql.rows.counts import selected_counts
from socialfeed.adapters.sql.tables import bookmarks, likes, post_counters, posts, shares
from socialfeed.application.ports.readers import SharedPost
from socialfeed.domain.engagement import Counts, Engaged, Reactions
from socialfeed.domain.ids import PostId, ShareId, UserId
from socialfeed.domain.trending import Reaction, quote_reaction


def _reactions(dialect: Dialect) -> SelectBase:
    post_id, viewer = post_counters.c.post_id, bindparam("viewer", type_=BigInteger)

    def did(reactions: Table) -> ColumnElement[bool]:
        found = exists().where(reactions.c.post_id == post_id, reactions.c.user_id == viewer)
        return found.correlate(post_counters).label(reactions.name)

    return selected_counts(dialect, post_id, did(likes), did(shares), did(bookmarks)).where(
        dialect.any_of(post_id, "ids")
    )


def _shared(dialect: Dialect) -> SelectBase:
    return select(shares.c.id, shares.c.post_id, shares.c.user_id).where(dialect.any_of(shares.c.id, "ids"))


def _likers(_: Dialect, limit: int) -> SelectBase:
    found = select(likes.c.user_id).where(
        likes.c.post_id == bindparam("post", type_=BigInteger), likes.c.user_id > bindparam("after", type_=BigInteger)
    )
    return found.order_by(likes.c.user_id).limit(literal_column(str(limit)))


def _done_with(dialect: Dialect) -> SelectBase:
    """Rows of a post, a person, an id, and a moment where that says what the id is."""
    no_moment = null().cast(Moment)

    def of(reactions: Table) -> Select[Any]:
        found = select(reactions.c.post_id, reactions.c.user_id, reactions.c.id, no_moment)
        return found.where(dialect.any_of(reactions.c.post_id, "ids"))

    thread = comments_below(dialect)
    written = select(thread.c.post_id, thread.c.author_id, thread.c.id, no_moment).where(thread.c.deleted_at.is_(None))
    quoted = select(posts.c.quote_of, posts.c.author_id, posts.c.id, posts.c.created_at).where(
        dialect.any_of(posts.c.quote_of, "ids"), posts.c.deleted_at.is_(None)
    )
    return union_all(of(likes), of(shares), written, quoted)


class SqlEngagementReader(Reader):
    __slots__ = ()

    async def reactions(self, viewer_id: UserId, post_ids: Sequence[PostId]) -> dict[PostId, Reactions]:
        rows = await self._database.by_key(_reactions, post_ids, viewer=viewer_id)
        return {
            post_id: Reactions(Counts(*counts), Engaged(bool(liked), bool(shared), bool(bookmarked)))
            for post_id, liked, shared, bookmarked, *counts in rows
        }

    async def shared_by_ids(self, ids: Sequence[ShareId]) -> dict[ShareId, SharedPost]:
        rows = await self._database.by_key(_shared, ids)
        return {share_id: SharedPost(post_id, sharer_id) for share_id, post_id, sharer_id in rows}

    async def likers(self, post_id: PostId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        rows = await self._database.rows(_likers, limit, post=post_id, after=after or 0)
        return [UserId(row[0]) for row in rows]

    async def done_with(self, post_ids: Sequence[PostId]) -> dict[PostId, list[Reaction]]:
        found: dict[PostId, list[Reaction]] = {}
        for post_id, actor_id, reaction_id, at in await self._database.by_key(_done_with, post_ids):
            told = reaction_id if at is None else quote_reaction(to_datetime(at))
            found.setdefault(post_id, []).append(Reaction(told, actor_id))
        return {post_id: sorted(reactions) for post_id, reactions in found.items()}
