"""Custom roles and grants."""

from datetime import datetime
from functools import cache

from sqlalchemy import Insert, bindparam, delete, select, update

from socialfeed.adapters.sql.columns import storable
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.access import ROLE, grant_values, role_from_row, role_values
from socialfeed.adapters.sql.tables import grants, roles
from socialfeed.domain.errors import RoleExists, RoleNotFound
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Grant, Permission, Role

_IS_THIS = roles.c.name == bindparam("role")
_LOCK = select(*ROLE).where(_IS_THIS).with_for_update()
_SAVE = update(roles).where(_IS_THIS)

_OF_USER = grants.c.user_id == bindparam("user")
_REMOVE = delete(grants).where(_OF_USER, grants.c.permission == bindparam("granted"))
_REMOVE_OF = delete(grants).where(_OF_USER)


@cache
def _add(dialect: Dialect) -> Insert:
    return dialect.insert(roles).on_conflict_do_nothing(index_elements=["name"])


@cache
def _put(dialect: Dialect) -> Insert:
    put = dialect.insert(grants)
    replaced = {name: put.excluded[name] for name in ("granted_at", "expires_at")}
    return put.on_conflict_do_update(index_elements=["user_id", "permission"], set_=replaced)


class SqlRoles(Repository):
    __slots__ = ()

    async def get(self, name: str) -> Role | None:
        if not storable(name):
            return None
        row = await self._first(_LOCK, {"role": name})
        return role_from_row(row) if row else None

    async def add(self, role: Role, at: datetime) -> None:
        if not await self._run(_add(self._dialect), {**role_values(role, at), "created_at": at}):
            raise RoleExists

    async def save(self, role: Role, at: datetime) -> None:
        if not await self._run(_SAVE, {"role": role.name, **role_values(role, at)}):
            raise RoleNotFound


class SqlGrants(Repository):
    __slots__ = ()

    async def put(self, grant: Grant) -> None:
        await self._run(_put(self._dialect), grant_values(grant))

    async def remove(self, user_id: UserId, permission: Permission) -> bool:
        return bool(await self._run(_REMOVE, {"user": user_id, "granted": permission.value}))

    async def remove_of(self, user_id: UserId) -> None:
        await self._run(_REMOVE_OF, {"user": user_id})
