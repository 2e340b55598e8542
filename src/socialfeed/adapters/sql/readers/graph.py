"""How accounts stand to one another."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, ColumnElement, SelectBase, and_, bindparam, func, literal_column, select

from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader, once_each
from socialfeed.adapters.sql.rows.graph import (
    FOLLOW,
    MUTE,
    REQUEST,
    WORD,
    follow_from_row,
    mute_from_row,
    request_from_row,
    words_from_rows,
)
from socialfeed.adapters.sql.tables import blocks, follow_requests, follows, muted_words, mutes
from socialfeed.application.ports.graph import FollowerIds
from socialfeed.domain.graph import Follow, FollowRequest, Mute, MutedWord, MuteOf, Priority, Relation
from socialfeed.domain.ids import MAX_ID, FollowId, UserId

LOOKED_AT = 100
"""So many follows of the user, and of each followed, suggestions are drawn from."""

_USER = bindparam("user", type_=BigInteger)
_PAST = bindparam("past", type_=BigInteger)


def _followed_among(dialect: Dialect) -> SelectBase:
    return select(follows.c.followee_id).where(
        follows.c.follower_id == bindparam("follower", type_=BigInteger),
        dialect.any_of(follows.c.followee_id, "ids"),
    )


def _relations(dialect: Dialect) -> SelectBase:
    """Each outer join is a look-up by primary key."""
    keys = dialect.each("ids")
    other = keys.c.key
    following, followed = follows.alias("following"), follows.alias("followed")
    asked, asking = follow_requests.alias("asked"), follow_requests.alias("asking")
    blocking, blocked = blocks.alias("blocking"), blocks.alias("blocked")
    source = (
        keys.outerjoin(following, and_(following.c.follower_id == _USER, following.c.followee_id == other))
        .outerjoin(followed, and_(followed.c.follower_id == other, followed.c.followee_id == _USER))
        .outerjoin(asked, and_(asked.c.requester_id == _USER, asked.c.target_id == other))
        .outerjoin(asking, and_(asking.c.requester_id == other, asking.c.target_id == _USER))
        .outerjoin(blocking, and_(blocking.c.blocker_id == _USER, blocking.c.blocked_id == other))
        .outerjoin(blocked, and_(blocked.c.blocker_id == other, blocked.c.blocked_id == _USER))
        .outerjoin(mutes, and_(mutes.c.muter_id == _USER, mutes.c.muted_id == other))
    )
    m = mutes.c
    return select(
        other,
        following.c.priority,
        followed.c.id,
        asked.c.id,
        asking.c.id,
        blocking.c.blocker_id,
        blocked.c.blocker_id,
        m.kinds,
        m.created_at,
        m.until,
    ).select_from(source)


def _muted_words(_: Dialect) -> SelectBase:
    return select(*WORD).where(muted_words.c.user_id == _USER)


def _followers(dialect: Dialect, limit: int) -> SelectBase:
    walk = Walk(follows.c.followee_id, _USER, follows.c.id, _PAST, newest_first=True)
    return dialect.walked(select(*FOLLOW), walk).limit(literal_column(str(limit)))


def _follower_ids(dialect: Dialect, limit: int) -> SelectBase:
    walk = Walk(follows.c.followee_id, _USER, follows.c.id, _PAST, newest_first=True)
    return dialect.walked(select(follows.c.follower_id, follows.c.id), walk).limit(literal_column(str(limit)))


def _following(_: Dialect, limit: int) -> SelectBase:
    """Sorts all of them, at most `FOLLOWED_MAX`: another index would be written to with each follow."""
    mine = select(*FOLLOW).where(follows.c.follower_id == _USER, follows.c.id < _PAST)
    return mine.order_by(follows.c.id.desc()).limit(literal_column(str(limit)))


def _requests(dialect: Dialect, limit: int) -> SelectBase:
    c = follow_requests.c
    walk = Walk(c.target_id, _USER, c.id, _PAST, newest_first=True)
    return dialect.walked(select(*REQUEST), walk).limit(literal_column(str(limit)))


def _blocked(dialect: Dialect, limit: int) -> SelectBase:
    walk = Walk(blocks.c.blocker_id, _USER, blocks.c.blocked_id, _PAST, newest_first=False)
    return dialect.walked(select(blocks.c.blocked_id), walk).limit(literal_column(str(limit)))


def _muted(dialect: Dialect, limit: int) -> SelectBase:
    walk = Walk(mutes.c.muter_id, _USER, mutes.c.muted_id, _PAST, newest_first=False)
    return dialect.walked(select(*MUTE), walk).limit(literal_column(str(limit)))


def _suggestions(dialect: Dialect, limit: int) -> SelectBase:
    looked_at: ColumnElement[int] = literal_column(str(LOOKED_AT))
    highest: ColumnElement[int] = literal_column(str(MAX_ID))
    own = select(follows.c.followee_id.label("key")).where(follows.c.follower_id == _USER)
    newest = own.order_by(follows.c.id.desc()).limit(looked_at).subquery("newest")
    walk = Walk(follows.c.follower_id, newest.c.key, follows.c.id, highest, newest_first=True)
    of_each = dialect.first_of_each(newest, follows, walk, limit=LOOKED_AT)
    who = of_each.rows.c.followee_id
    mine = follows.alias("mine")
    followed = select(mine.c.followee_id).where(mine.c.follower_id == _USER, mine.c.followee_id == who).exists()
    return (
        select(who)
        .select_from(of_each.source)
        .where(who != _USER, ~followed)
        .group_by(who)
        .order_by(func.count().desc(), who)
        .limit(literal_column(str(limit)))
    )


class SqlGraphReader(Reader):
    __slots__ = ()

    async def followed_among(self, follower_id: UserId, user_ids: Sequence[UserId]) -> frozenset[UserId]:
        rows = await self._database.by_key(_followed_among, user_ids, follower=follower_id)
        return frozenset(UserId(followee) for (followee,) in rows)

    async def relations(self, viewer_id: UserId, user_ids: Sequence[UserId]) -> dict[UserId, Relation]:
        rows = await self._database.by_key(_relations, once_each(user_ids), user=viewer_id)
        found = {}
        for key, priority, followed, asked, asking, blocking, blocked, kinds, muted_at, until in rows:
            mute = None
            if kinds is not None:
                ends = None if until is None else to_datetime(until)
                mute = Mute(viewer_id, key, MuteOf(kinds), to_datetime(muted_at), ends)
            found[UserId(key)] = Relation(
                following=priority is not None,
                followed_by=followed is not None,
                requested=asked is not None,
                requested_by=asking is not None,
                blocking=blocking is not None,
                blocked_by=blocked is not None,
                mute=mute,
                priority=Priority(priority or 0),
            )
        return found

    async def muted_words(self, viewer_id: UserId) -> list[MutedWord]:
        return words_from_rows(await self._database.rows(_muted_words, user=viewer_id))

    async def followers(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> list[Follow]:
        rows = await self._database.rows(_followers, limit, user=user_id, past=before or MAX_ID)
        return [follow_from_row(row) for row in rows]

    async def follower_ids(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> FollowerIds:
        rows = await self._database.rows(_follower_ids, limit, user=user_id, past=before or MAX_ID)
        return FollowerIds([row[0] for row in rows], rows[-1][1] if rows else None)

    async def following(self, user_id: UserId, *, limit: int, before: FollowId | None = None) -> list[Follow]:
        rows = await self._database.rows(_following, limit, user=user_id, past=before or MAX_ID)
        return [follow_from_row(row) for row in rows]

    async def requests(self, target_id: UserId, *, limit: int, before: FollowId | None = None) -> list[FollowRequest]:
        rows = await self._database.rows(_requests, limit, user=target_id, past=before or MAX_ID)
        return [request_from_row(row) for row in rows]

    async def blocked(self, blocker_id: UserId, *, limit: int, after: UserId | None = None) -> list[UserId]:
        return [UserId(row[0]) for row in await self._database.rows(_blocked, limit, user=blocker_id, past=after or 0)]

    async def muted(self, muter_id: UserId, *, limit: int, after: UserId | None = None) -> list[Mute]:
        return [mute_from_row(row) for row in await self._database.rows(_muted, limit, user=muter_id, past=after or 0)]

    async def suggestions(self, user_id: UserId, *, limit: int) -> list[UserId]:
        return [UserId(row[0]) for row in await self._database.rows(_suggestions, limit, user=user_id)]
