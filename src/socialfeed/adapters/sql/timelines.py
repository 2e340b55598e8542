"""Home timelines as tables: what serves them where there is no Redis.

A row of `timelines` with `warming_until` is warming, by whoever knows its `warming`, without it warm; no row, or one
long unread, is cold. Entries are kept beyond the number promised and trimmed now and then: reading takes the newest and
says where it stopped.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta
from functools import cache
from random import random, randrange

from sqlalchemy import (
    BigInteger,
    Insert,
    Select,
    SelectBase,
    bindparam,
    case,
    delete,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from socialfeed.adapters.sql.columns import Moment
from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.tables import timeline_entries, timelines
from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.timelines import KEPT, Entry, Timeline, Warming
from socialfeed.domain.ids import EntryId, UserId

WARMING = timedelta(seconds=30)
TOUCH_AFTER = timedelta(days=1)
LIFE = timedelta(days=7) + TOUCH_AFTER
"""Reads are written down once a day at most, so the seven promised days are one more here."""

TRIM_CHANCE = 1 / 64
BURIED_AT_ONCE = 20
LISTED_AT_ONCE = 500

_t, _e = timelines.c, timeline_entries.c
_IS_OWNERS = _t.owner_id == bindparam("owner", type_=BigInteger)
_IS_ALIVE = _t.read_at > bindparam("dead", type_=Moment)
_IS_WARM = _t.warming_until.is_(None)
_NOW = bindparam("now", type_=Moment)

_HEADER, _ENTRY = 0, 1


def _timeline(_: Dialect) -> SelectBase:
    """A header, if the timeline is warm, and the newest entries: rows of a kind, an id and a detail."""
    touch = case((_t.read_at < bindparam("touch", type_=Moment), 1), else_=0)
    header = select(literal_column(str(_HEADER)).label("kind"), _t.floor_id.label("id"), touch.label("detail")).where(
        _IS_OWNERS, _IS_WARM, _IS_ALIVE
    )
    newest = (
        select(literal_column(str(_ENTRY)).label("kind"), _e.post_id.label("id"), _e.author_id.label("detail"))
        .where(_e.owner_id == bindparam("owner", type_=BigInteger))
        .order_by(_e.post_id.desc())
        .limit(literal_column(str(KEPT + 1)))
        .subquery("newest")
    )
    return union_all(header, select(newest))


def _alive_after(_: Dialect) -> SelectBase:
    past = _t.owner_id > bindparam("after", type_=BigInteger)
    return select(_t.owner_id).where(past, _IS_ALIVE).order_by(_t.owner_id).limit(literal_column(str(LISTED_AT_ONCE)))


@cache
def _push(dialect: Dialect) -> Insert:
    """In the order of owners, in which all pushes lock."""
    post, author = bindparam("post", type_=BigInteger), bindparam("author", type_=BigInteger)
    listening = (
        select(_t.owner_id, post, author)
        .where(dialect.any_of(_t.owner_id, "owners"), _IS_ALIVE, or_(_t.floor_id.is_(None), _t.floor_id <= post))
        .order_by(_t.owner_id)
    )
    push = dialect.insert(timeline_entries).from_select(["owner_id", "post_id", "author_id"], listening)
    return push.on_conflict_do_nothing()


@cache
def _start(dialect: Dialect) -> Insert:
    return dialect.insert(timelines).on_conflict_do_nothing(index_elements=["owner_id"])


@cache
def _lowest_kept(dialect: Dialect) -> Select[int, int | None]:
    """Warm timelines with the id of the last entry that is to stay, or NULL while there is room."""
    lowest = (
        select(_e.post_id)
        .where(_e.owner_id == _t.owner_id)
        .order_by(_e.post_id.desc())
        .limit(1)
        .offset(KEPT - 1)
        .scalar_subquery()
    )
    warm = select(_t.owner_id, type_coerce(lowest, BigInteger))
    return warm.where(dialect.any_of(_t.owner_id, "owners"), _IS_WARM).order_by(_t.owner_id)


_LISTENING = select(_t.floor_id).where(_IS_OWNERS, _IS_ALIVE)
_TOUCH = update(timelines).where(_IS_OWNERS).values(read_at=_NOW)
_RESTART = update(timelines).where(_IS_OWNERS, _t.warming_until <= _NOW)
_WARMED = (
    update(timelines)
    .where(_IS_OWNERS, _t.warming_until > _NOW, _t.warming == bindparam("right", type_=BigInteger))
    .values(warming_until=None, warming=None)
)
_RAISE_FLOOR = update(timelines).where(
    _IS_OWNERS, _IS_WARM, or_(_t.floor_id.is_(None), _t.floor_id < bindparam("lowest"))
)
_TRIM = delete(timeline_entries).where(_e.owner_id == bindparam("owner"), _e.post_id < bindparam("lowest"))
_FORGET = delete(timelines).where(_IS_OWNERS)
_FORGET_DEAD = delete(timelines).where(_IS_OWNERS, ~_IS_ALIVE)
_FORGET_ENTRIES = delete(timeline_entries).where(_e.owner_id == bindparam("owner"))
_LONG_DEAD = select(_t.owner_id).where(~_IS_ALIVE).limit(BURIED_AT_ONCE).with_for_update(skip_locked=True)


class SqlTimelines:
    """`trim_chance` is that of each owner at each push to have its timeline cut to what is kept."""

    def __init__(self, database: Database, clock: Clock, *, trim_chance: float = TRIM_CHANCE) -> None:
        self._database = database
        self._clock = clock
        self._trim_chance = trim_chance

    async def push(self, entry: Entry, owners: Sequence[UserId]) -> None:
        if not owners:
            return
        async with self._database.begin() as connection:
            listeners = {"post": entry.id, "author": entry.account_id, "owners": list(owners)}
            await connection.execute(_push(self._database.dialect), {**listeners, "dead": self._clock.now() - LIFE})
        # On its own: whoever fills a timeline locks it before its entries, not after them.
        if drawn := [owner for owner in owners if random() < self._trim_chance]:
            async with self._database.begin() as connection:
                await self._trim(connection, drawn)

    async def read(self, owner: UserId, *, renew: bool = True) -> Timeline | None:
        now = self._clock.now()
        rows = await self._database.rows(_timeline, owner=owner, dead=now - LIFE, touch=now - TOUCH_AFTER)
        header = next((row for row in rows if row[0] == _HEADER), None)
        if header is None:
            return None
        _, floor, touch = header
        if touch and renew:
            async with self._database.begin() as connection:
                await connection.execute(_TOUCH, {"owner": owner, "now": now})
        lowest = floor or 0
        return _cut([Entry(post, author) for kind, post, author in rows if kind == _ENTRY and post >= lowest], floor)

    async def owners(self) -> AsyncIterator[Sequence[UserId]]:
        after = 0
        while rows := await self._database.rows(_alive_after, after=after, dead=self._clock.now() - LIFE):
            yield [UserId(owner) for (owner,) in rows]
            after = rows[-1][0]

    async def start_warming(self, owner: UserId) -> Warming | None:
        now = self._clock.now()
        right = Warming(randrange(1, 2**62))
        begun = {"owner_id": owner, "warming_until": now + WARMING, "warming": right, "read_at": now}
        async with self._database.begin() as connection:
            await connection.execute(_FORGET_DEAD, {"owner": owner, "dead": now - LIFE})
            if not (await connection.execute(_start(self._database.dialect), begun)).rowcount:
                again = {"owner": owner, "now": now, "warming_until": now + WARMING, "warming": right, "read_at": now}
                return right if (await connection.execute(_RESTART, again)).rowcount else None
            # What a push under way left behind after the last time.
            await connection.execute(_FORGET_ENTRIES, {"owner": owner})
            await self._bury(connection)
        return right

    async def fill(self, owner: UserId, warming: Warming, entries: Sequence[Entry], floor: EntryId | None) -> None:
        kept = _cut(list(set(entries)), floor)
        warmed = {"owner": owner, "now": self._clock.now(), "right": warming, "floor_id": kept.floor}
        async with self._database.begin() as connection:
            if (await connection.execute(_WARMED, warmed)).rowcount:
                await self._add(connection, owner, kept.entries)

    async def backfill(self, owner: UserId, entries: Sequence[Entry]) -> None:
        if entries:
            async with self._database.begin() as connection:
                listening = await connection.execute(_LISTENING, {"owner": owner, "dead": self._clock.now() - LIFE})
                for (floor,) in listening.all():
                    await self._add(connection, owner, [entry for entry in entries if entry.id >= (floor or 0)])

    async def drop(self, owner: UserId) -> None:
        async with self._database.begin() as connection:
            await connection.execute(_FORGET, {"owner": owner})
            await connection.execute(_FORGET_ENTRIES, {"owner": owner})

    async def _add(self, connection: AsyncConnection, owner: UserId, entries: Iterable[Entry]) -> None:
        """In one order, so that nobody waits for each other who adds the same."""
        rows = [{"owner_id": owner, "post_id": post, "author_id": author} for post, author in sorted(set(entries))]
        if rows:
            await self._database.insert_missing(connection, timeline_entries, rows)

    async def _trim(self, connection: AsyncConnection, owners: list[UserId]) -> None:
        """Raises floors first: it locks the timelines, so what is deleted next belongs to those that were raised."""
        found = await connection.execute(_lowest_kept(self._database.dialect), {"owners": owners})
        for owner, lowest in found.all():
            if lowest is None:
                continue
            cut = {"owner": owner, "lowest": lowest}
            if (await connection.execute(_RAISE_FLOOR, {**cut, "floor_id": lowest})).rowcount:
                await connection.execute(_TRIM, cut)

    async def _bury(self, connection: AsyncConnection) -> None:
        """Deletes a few timelines that nobody reads any more; as many at most as become warm."""
        dead = await connection.execute(_LONG_DEAD, {"dead": self._clock.now() - LIFE})
        if owners := [{"owner": owner} for (owner,) in dead.all()]:
            await connection.execute(_FORGET, owners)
            await connection.execute(_FORGET_ENTRIES, owners)


def _cut(entries: list[Entry], floor: EntryId | None) -> Timeline:
    """What is kept of the entries, and the floor this makes."""
    entries.sort(reverse=True)
    if len(entries) > KEPT:
        floor = entries[KEPT - 1].id
    return Timeline(entries[:KEPT], floor)
