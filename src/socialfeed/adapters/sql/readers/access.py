"""Custom roles and grants. Sorted here: a database may order letters as a dictionary of some language would."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, SelectBase, bindparam, select

from socialfeed.adapters.sql.columns import storable
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.access import GRANT, ROLE, grant_from_row, role_from_row
from socialfeed.adapters.sql.tables import grants, roles
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Grant, Role


def _roles(_: Dialect) -> SelectBase:
    return select(*ROLE)


def _roles_by_names(dialect: Dialect) -> SelectBase:
    return select(*ROLE).where(dialect.any_of(roles.c.name, "ids"))


def _grants_of(_: Dialect) -> SelectBase:
    return select(*GRANT).where(grants.c.user_id == bindparam("user", type_=BigInteger))


class SqlAccessReader(Reader):
    __slots__ = ()

    async def roles(self) -> list[Role]:
        rows = await self._database.rows(_roles)
        return sorted(map(role_from_row, rows), key=lambda role: role.name)

    async def roles_by_names(self, names: Sequence[str]) -> dict[str, Role]:
        rows = await self._database.by_key(_roles_by_names, [name for name in names if storable(name)])
        return {row[0]: role_from_row(row) for row in rows}

    async def grants_of(self, user_id: UserId) -> list[Grant]:
        rows = await self._database.rows(_grants_of, user=user_id)
        found = (grant_from_row(row) for row in rows)
        return sorted((grant for grant in found if grant), key=lambda grant: grant.permission)
