"""Leases of the node numbers inside ids."""

from datetime import datetime
from functools import cache

from sqlalchemy import Insert, SelectBase, bindparam, delete, select, update

from socialfeed.adapters.sql.columns import Moment, to_datetime
from socialfeed.adapters.sql.database import Database
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.tables import id_nodes
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import MAX_NODE

_n = id_nodes.c
_IS_MINE = (_n.node == bindparam("key"), _n.owner == bindparam("holder"))
_RENEW = update(id_nodes).where(*_IS_MINE).values(until=bindparam("end", type_=Moment))
_RELEASE = delete(id_nodes).where(*_IS_MINE)


def _leases(_: Dialect) -> SelectBase:
    return select(_n.node, _n.until)


@cache
def _take(dialect: Dialect) -> Insert:
    """Succeeds only if the number is still free, whatever was read before."""
    take = dialect.insert(id_nodes)
    return take.on_conflict_do_update(
        index_elements=["node"],
        set_={"owner": take.excluded.owner, "until": take.excluded.until},
        where=_n.until <= bindparam("at", type_=Moment),
    )


class SqlNodeLeases:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, owner: str, at: datetime, until: datetime) -> int:
        leases: dict[int, datetime] = {node: to_datetime(end) for node, end in await self._database.rows(_leases)}
        untouched = [node for node in range(1, MAX_NODE + 1) if node not in leases]
        lapsed = sorted((node for node, end in leases.items() if end <= at), key=leases.__getitem__)
        for node in (*untouched, *lapsed):
            async with self._database.begin() as connection:
                values = {"node": node, "owner": owner, "until": until, "at": at}
                if (await connection.execute(_take(self._database.dialect), values)).rowcount:
                    return node
        raise Unavailable(f"All {MAX_NODE} node numbers are leased.")

    async def renew(self, node: int, owner: str, until: datetime) -> bool:
        async with self._database.begin() as connection:
            renewed = await connection.execute(_RENEW, {"key": node, "holder": owner, "end": until})
            return bool(renewed.rowcount)

    async def release(self, node: int, owner: str) -> None:
        async with self._database.begin() as connection:
            await connection.execute(_RELEASE, {"key": node, "holder": owner})
