"""Trending posts as tables: what serves them where there is no Redis.

A post's row is locked while reactions to it are told, then the numbers of those who made them, in the order of the
people: so no two wait for each other, and what is told at once is told one after the other.
"""

from collections.abc import Sequence
from functools import cache
from random import random
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Insert,
    Integer,
    Select,
    SelectBase,
    Text,
    Update,
    bindparam,
    delete,
    literal_column,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.rows import Row
from socialfeed.adapters.sql.tables import (
    trending_hours,
    trending_posts,
    trending_scopes,
    trending_scores,
    trending_standings,
)
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.ids import PostId
from socialfeed.domain.ranking import Window
from socialfeed.domain.trending import (
    EVERYWHERE,
    HOURS_KNOWN,
    LIFE,
    Limits,
    Reaction,
    Score,
    Standing,
    Tally,
    Trend,
    Trendable,
    added_up,
    after,
)

PRUNE_CHANCE = 1 / 500
FORGOTTEN_AT_ONCE = 100

_p, _s, _a, _h = trending_posts.c, trending_scopes.c, trending_standings.c, trending_hours.c
_WINDOWS = tuple(Window)
_POST, _SCOPE = bindparam("post", type_=BigInteger), bindparam("scope", type_=Text)


def _rank(window: int) -> ColumnElement[float]:
    rank: ColumnElement[float] = _p[f"{_WINDOWS[window]}_rank"]
    return rank


def _top(_: Dialect, window: int, limit: int) -> SelectBase:
    rank = _rank(window)
    best_first = select(_p.post_id, rank).where(rank.is_not(None)).order_by(rank.desc(), _p.post_id.desc())
    return best_first.limit(literal_column(str(limit)))


def _top_of_scope(_: Dialect, window: int, limit: int) -> SelectBase:
    return _best_of_scope(window).limit(literal_column(str(limit)))


def _best_of_scope(window: int) -> Select[Any]:
    rank = _rank(window)
    members = select(_p.post_id, rank).join(trending_scopes, _s.post_id == _p.post_id)
    return members.where(_s.scope == _SCOPE, rank.is_not(None)).order_by(rank.desc(), _p.post_id.desc())


@cache
def _begin(dialect: Dialect) -> Insert:
    return dialect.insert(trending_posts).on_conflict_do_nothing(index_elements=["post_id"])


_SUMS = [_p[f"{window}_{name}"] for window in _WINDOWS for name in ("epoch", "total", "peak")]
_LOCKED_BOOK = select(_p.actors, *_SUMS).where(_p.post_id == _POST).with_for_update()
_KEEP: Update = update(trending_posts).where(_p.post_id == _POST)
_STANDINGS = select(_a.standing).where(_a.post_id == _POST)


@cache
def _standings_of(dialect: Dialect) -> Select[Any]:
    return select(_a.actor_id, _a.standing).where(_a.post_id == _POST, dialect.any_of(_a.actor_id, "actors"))


@cache
def _stand(dialect: Dialect) -> Insert:
    stand = dialect.insert(trending_standings)
    return stand.on_conflict_do_update(
        index_elements=["post_id", "actor_id"], set_={"standing": stand.excluded.standing}
    )


@cache
def _number(dialect: Dialect) -> Insert:
    """Changes a row as long as there is room in the hour."""
    number = dialect.insert(trending_hours)
    return number.on_conflict_do_update(
        index_elements=["hour", "actor_id"],
        set_={"reactions": _h.reactions + 1},
        where=_h.reactions < bindparam("hourly", type_=Integer),
    )


@cache
def _join(dialect: Dialect) -> Insert:
    return dialect.insert(trending_scopes).on_conflict_do_nothing()


@cache
def _forget(dialect: Dialect) -> tuple[Delete, ...]:
    """The books of some posts, their rows in `trending_posts` last."""
    tables = (trending_scopes, trending_standings, trending_posts)
    return tuple(delete(table).where(dialect.any_of(table.c.post_id, "posts")) for table in tables)


_OLD = (
    select(_p.post_id)
    .where(_p.touched_at < bindparam("dead", type_=Moment))
    .order_by(_p.touched_at)
    .limit(FORGOTTEN_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_FORGET_HOURS = delete(trending_hours).where(_h.since < bindparam("passed", type_=Moment))
_BEST = union(
    *(
        select(_best_of_scope(n).limit(literal_column(str(KEPT))).subquery(f"best_{window}").c.post_id)
        for n, window in enumerate(_WINDOWS)
    )
)
_CUT = delete(trending_scopes).where(_s.scope == _SCOPE, _s.post_id.not_in(_BEST))


class SqlTrending:
    """`prune_chance` is that of each call to have forgotten what may be."""

    def __init__(self, database: Database, clock: Clock, *, prune_chance: float = PRUNE_CHANCE) -> None:
        self._database = database
        self._clock = clock
        self._prune_chance = prune_chance

    async def add(self, post: Trendable, reactions: Sequence[Reaction], limits: Limits) -> None:
        if not reactions:
            return
        async with self._database.begin() as connection:
            await self._tell(connection, post, reactions, limits)
        if random() < self._prune_chance:
            await self._prune(post.scopes)

    async def top(self, scope: str, window: Window, *, limit: int) -> list[Trend]:
        number, limit = _WINDOWS.index(window), min(limit, KEPT)
        if scope == EVERYWHERE:
            rows = await self._database.rows(_top, number, limit)
        else:
            rows = await self._database.rows(_top_of_scope, number, limit, scope=scope)
        return [Trend(PostId(post_id), rank) for post_id, rank in rows]

    async def clear(self) -> None:
        async with self._database.begin() as connection:
            for table in (trending_posts, trending_scopes, trending_standings, trending_hours, trending_scores):
                await connection.execute(delete(table))

    async def _tell(
        self, connection: AsyncConnection, post: Trendable, reactions: Sequence[Reaction], limits: Limits
    ) -> None:
        dialect, now = self._database.dialect, self._clock.now()
        actors, *numbers = await self._locked_book(connection, post.id)
        tally = Tally(actors, tuple(Score(*numbers[n : n + 3]) for n in range(0, len(numbers), 3)))
        people = list({reaction.actor_id for reaction in reactions})
        found = await connection.execute(_standings_of(dialect), {"post": post.id, "actors": people})
        standings = {actor_id: _standing(text) for actor_id, text in found.all()}
        for reaction in sorted(reactions, key=lambda reaction: reaction.actor_id):
            before = standings.get(reaction.actor_id, ())
            later = after(before, reaction)
            if later == before or not await self._has_room(connection, reaction, limits):
                continue
            standings[reaction.actor_id] = later
            told = {"post_id": post.id, "actor_id": reaction.actor_id, "standing": " ".join(map(str, later))}
            await connection.execute(_stand(dialect), told)
            tally = tally.moved(before, later)
            if tally.is_cancelled:
                everybody = await connection.execute(_STANDINGS, {"post": post.id})
                tally = added_up([_standing(text) for (text,) in everybody.all()])
        ranks = tally.ranks(limits)
        values: dict[str, Any] = {"post": post.id, "touched_at": now, "actors": tally.actors}
        for window, score, rank in zip(_WINDOWS, tally.scores, ranks, strict=True):
            kept = {"epoch": score.epoch, "total": score.total, "peak": score.peak, "rank": rank}
            values |= {f"{window}_{name}": value for name, value in kept.items()}
        await connection.execute(_KEEP, values)
        scopes = [{"scope": scope, "post_id": post.id} for scope in post.scopes if scope != EVERYWHERE]
        if scopes and ranks[0] is not None:
            await connection.execute(_join(dialect), scopes)

    async def _locked_book(self, connection: AsyncConnection, post_id: PostId) -> Row:
        begun = {"post_id": post_id, "touched_at": self._clock.now()}
        while True:  # What is there may be forgotten before it is locked.
            await connection.execute(_begin(self._database.dialect), begun)
            book = (await connection.execute(_LOCKED_BOOK, {"post": post_id})).first()
            if book is not None:
                return book

    async def _has_room(self, connection: AsyncConnection, reaction: Reaction, limits: Limits) -> bool:
        """Whether it has a place among those of its hour, which it takes; what is taken back needs none."""
        if reaction.sign < 0:
            return True
        made = {"hour": reaction.hour, "actor_id": reaction.actor_id, "reactions": 1, "since": self._clock.now()}
        number = {**made, "hourly": limits.hourly}
        return bool((await connection.execute(_number(self._database.dialect), number)).rowcount)

    async def _prune(self, scopes: Sequence[str]) -> None:
        """On its own: whoever tells a reaction locks the post before all else."""
        now, dialect = self._clock.now(), self._database.dialect
        async with self._database.begin() as connection:
            old = [post_id for (post_id,) in (await connection.execute(_OLD, {"dead": now - LIFE})).all()]
            if old:
                for forget in _forget(dialect):
                    await connection.execute(forget, {"posts": old})
            await connection.execute(_FORGET_HOURS, {"passed": now - HOURS_KNOWN})
            for scope in scopes:
                if scope != EVERYWHERE:
                    await connection.execute(_CUT, {"scope": scope})


def _standing(text: str) -> Standing:
    return tuple(map(int, text.split()))
