"""Trending posts as a table: what serves them where there is no Redis.

Each row keeps its score under a landmark of its own, so there is no moment at which all have to be moved to the next.
Comparing rows of different landmarks takes a look at each, which is why their number is kept small.
"""

from datetime import datetime
from functools import cache
from random import random

from sqlalchemy import (
    ColumnElement,
    Float,
    Insert,
    SelectBase,
    case,
    delete,
    func,
    literal_column,
    select,
)

from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.messages import SqlInbox
from socialfeed.adapters.sql.tables import trending_scores
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.trending import KEPT
from socialfeed.domain.ids import EventId, PostId
from socialfeed.domain.ranking import epoch_of, forward_weight, rollover_factor

CONSUMER = "sql.trending"
PRUNE_CHANCE = 1 / 500
EPOCHS_APART = 3
"""Beyond so many landmarks, a year and more, nothing is left of a score."""

_s = trending_scores.c


def _decay(epochs: ColumnElement[int]) -> ColumnElement[float]:
    """What becomes of a score that moves so many landmarks on. Not a power: Postgres refuses one that comes to zero."""
    steps = [(epochs == n, literal_column(repr(rollover_factor(n)), Float)) for n in range(EPOCHS_APART + 1)]
    return case(*steps, else_=literal_column("0.0", Float))


_NEWEST_EPOCH = select(func.max(_s.epoch)).scalar_subquery()
_BEST_FIRST = ((_s.score * _decay(_NEWEST_EPOCH - _s.epoch)).desc(), _s.post_id.desc())


def _top(_: Dialect, limit: int) -> SelectBase:
    """The order is the same at any moment: that is the point of forward decay."""
    trending = select(_s.post_id).where(_s.weight > 0, _s.score > 0)
    return trending.order_by(*_BEST_FIRST).limit(literal_column(str(limit)))


@cache
def _add(dialect: Dialect) -> Insert:
    add = dialect.insert(trending_scores)
    new = add.excluded
    newest = case((_s.epoch > new.epoch, _s.epoch), else_=new.epoch)
    sum_of_both = _s.score * _decay(newest - _s.epoch) + new.score * _decay(newest - new.epoch)
    weight = _s.weight + new.weight
    return add.on_conflict_do_update(
        index_elements=["post_id"],
        set_={
            "epoch": newest,
            "weight": weight,
            # Once all is taken back, what rounding left of the sum is to go, too.
            "score": case((weight == 0, literal_column("0.0", Float)), else_=sum_of_both),
        },
    )


_BEYOND = select(_s.post_id).order_by(*_BEST_FIRST).offset(KEPT).with_for_update(skip_locked=True)
_PRUNE = delete(trending_scores).where(_s.post_id.in_(_BEYOND))


class SqlTrending:
    """`prune_chance` is that of each reaction to have everything but the top deleted."""

    def __init__(self, database: Database, clock: Clock, *, prune_chance: float = PRUNE_CHANCE) -> None:
        self._database = database
        self._clock = clock
        self._prune_chance = prune_chance

    async def add(self, event_id: EventId, post_id: PostId, weight: float, at: datetime) -> None:
        epoch = epoch_of(at)
        row = {"post_id": post_id, "epoch": epoch, "score": forward_weight(weight, at, epoch), "weight": weight}
        async with self._database.begin() as connection:
            inbox = SqlInbox(connection, self._database.dialect)
            if await inbox.claim(event_id, CONSUMER, self._clock.now()):
                await connection.execute(_add(self._database.dialect), row)
        if random() < self._prune_chance:
            async with self._database.begin() as connection:
                await connection.execute(_PRUNE)

    async def top(self, *, limit: int, at: datetime) -> list[PostId]:
        rows = await self._database.rows(_top, limit)
        return [PostId(post_id) for (post_id,) in rows]
