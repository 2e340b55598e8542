"""The activity log."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, SelectBase, Text, bindparam, func, literal_column, select, tuple_

from socialfeed.adapters.sql.columns import first_activity_id
from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.activity import (
    CHAIN_END,
    ENTRY,
    LINK,
    chain_end_from_row,
    entry_from_row,
    link_from_row,
)
from socialfeed.adapters.sql.tables import activity, activity_chains, has_object, in_chain
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import Activity, ChainEnd, Link
from socialfeed.domain.ids import MAX_ID, ActivityId, UserId

_a = activity.c
_BELOW, _ABOVE = bindparam("below", type_=BigInteger), bindparam("above", type_=BigInteger)
_NAMED: dict[str, ColumnElement[Any]] = {
    "actor_id": bindparam("actor_id", type_=BigInteger),
    "object_id": bindparam("object_id", type_=BigInteger),
    "action": bindparam("action", type_=Text),
    "outcome": bindparam("outcome", type_=Text),
}


def _entries(dialect: Dialect, limit: int, actor: bool, object_: bool, action: bool, outcome: bool) -> SelectBase:
    """Walks the entries of an object, else of an actor, else all, newest first."""
    asked = dict(zip(_NAMED, (actor, object_, action, outcome), strict=True))
    # Tells Postgres which months to leave alone. With a second bound it would hope for so few entries of an actor that
    # it fetches and sorts them all.
    entries = select(*ENTRY).where(_a.id > _ABOVE)
    walked = "object_id" if object_ else "actor_id" if actor else None
    if object_:
        entries = entries.where(has_object)
    if walked:
        entries = dialect.walked(
            entries, Walk(_a[walked], _NAMED[walked], _a.id, _BELOW, newest_first=True, end=_ABOVE)
        )
    else:
        entries = entries.where(_a.id < _BELOW).order_by(_a.id.desc())
    for name in asked:
        if asked[name] and name != walked:
            entries = entries.where(_a[name] == _NAMED[name])
    return entries.limit(literal_column(str(limit)))


def _links(_: Dialect, limit: int) -> SelectBase:
    place = tuple_(_a.actor_id, _a.position)
    after = tuple_(bindparam("actor", type_=BigInteger), bindparam("position", type_=BigInteger))
    links = select(*LINK).where(in_chain, place > after).order_by(_a.actor_id, _a.position)
    return links.limit(literal_column(str(limit)))


def _chains(_: Dialect, limit: int) -> SelectBase:
    actor = activity_chains.c.actor_id
    chains = select(*CHAIN_END).where(actor > bindparam("after", type_=BigInteger))
    return chains.order_by(actor).limit(literal_column(str(limit)))


def _surplus(_: Dialect) -> SelectBase:
    stored = select(func.count()).select_from(activity).scalar_subquery()
    said = select(func.coalesce(func.sum(activity_chains.c.position), 0)).scalar_subquery()
    return select(stored - said)


class SqlActivityReader(Reader):
    __slots__ = ()

    async def entries(self, wanted: ActivityFilter, *, limit: int, before: ActivityId | None = None) -> list[Activity]:
        start = 0 if wanted.since is None else first_activity_id(wanted.since)
        below = MAX_ID if wanted.until is None else first_activity_id(wanted.until)
        values = {
            "actor_id": wanted.actor_id,
            "object_id": wanted.object_id,
            "action": None if wanted.action is None else wanted.action.value,
            "outcome": None if wanted.outcome is None else wanted.outcome.value,
        }
        rows = await self._database.rows(
            _entries,
            limit,
            *(value is not None for value in values.values()),
            below=below if before is None else min(below, before),
            above=start - 1,
            **{name: value for name, value in values.items() if value is not None},
        )
        return [entry_from_row(row) for row in rows]

    async def links(self, *, after: tuple[UserId, int] | None, limit: int) -> list[Link]:
        actor, position = after or (-1, 0)
        rows = await self._database.rows(_links, limit, actor=actor, position=position)
        return [link_from_row(row) for row in rows]

    async def chains(self, *, after: UserId | None, limit: int) -> list[ChainEnd]:
        rows = await self._database.rows(_chains, limit, after=-1 if after is None else after)
        return [chain_end_from_row(row) for row in rows]

    async def surplus(self) -> int:
        [(surplus,)] = await self._database.rows(_surplus)
        return int(surplus)
