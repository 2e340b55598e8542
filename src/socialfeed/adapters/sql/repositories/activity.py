"""The activity log. The database hashes each link, while the end of the actor's chain is locked."""

from functools import cache
from typing import Any

import psycopg
from sqlalchemy import BindParameter, Column, Insert, bindparam, exc, insert, literal, select
from sqlalchemy.sql.dml import ReturningInsert

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows import Values
from socialfeed.adapters.sql.rows.activity import ENTRY, entry_values
from socialfeed.adapters.sql.tables import activity, activity_chains
from socialfeed.domain.activity import NO_LINK, Activity
from socialfeed.domain.errors import IdConflict

_a, _c = activity.c, activity_chains.c
_ADD_LINK = insert(activity)


def _new(column: Column[Any]) -> BindParameter[Any]:
    return bindparam(f"new_{column.name}", type_=column.type)


@cache
def _advance(dialect: Dialect) -> ReturningInsert[int, bytes]:
    """Moves the end of the actor's chain to the new entry, and nothing where there is an entry of this id: what came
    after it would have no place.
    """
    canonical = bindparam("canonical", type_=_c.hash.type)
    first = dialect.link_hash(literal(NO_LINK, _c.hash.type), canonical)
    is_new = ~select(_a.id).where(_a.id == _new(_a.id)).exists()
    advance = dialect.insert(activity_chains).from_select(
        ["actor_id", "position", "hash"], select(_new(_a.actor_id), literal(1, _c.position.type), first).where(is_new)
    )
    moved = {"position": _c.position + 1, "hash": dialect.link_hash(_c.hash, canonical)}
    return advance.on_conflict_do_update(index_elements=["actor_id"], set_=moved).returning(_c.position, _c.hash)


@cache
def _add(dialect: Dialect) -> Insert:
    end = _advance(dialect).cte("chain_end")
    entry = select(*map(_new, ENTRY), end.c.position, end.c.hash)
    return dialect.insert(activity).from_select([*(column.name for column in ENTRY), "position", "hash"], entry)


class SqlActivityLog(Repository):
    __slots__ = ()

    async def add(self, entry: Activity) -> None:
        """On Postgres a transaction that meets another one just adding the same id can only be rolled back."""
        values = entry_values(entry)
        new = {"canonical": entry.canonical(), **{f"new_{name}": value for name, value in values.items()}}
        try:
            added = await (self._add_at_once if self._dialect.changes_in_with else self._add_in_turn)(values, new)
        except exc.IntegrityError as error:
            # By its kind, as it bears the name that Postgres gave it in the partition.
            if isinstance(error.orig, psycopg.errors.UniqueViolation):
                raise IdConflict from error
            raise
        if not added:
            raise IdConflict

    async def _add_at_once(self, _: Values, new: Values) -> bool:
        return bool(await self._run(_add(self._dialect), new))

    async def _add_in_turn(self, values: Values, new: Values) -> bool:
        end = await self._first(_advance(self._dialect), new)
        if end is None:
            return False
        position, link = end
        return bool(await self._run(_ADD_LINK, {**values, "position": position, "hash": link}))
