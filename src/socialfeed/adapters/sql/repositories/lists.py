"""Lists of accounts, and who is on them."""

from functools import cache

from sqlalchemy import BindParameter, Insert, bindparam, delete, func, insert, or_, select, update

from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.errors import conflicts_named
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.lists import LIST, list_from_row, list_values, member_values
from socialfeed.adapters.sql.tables import list_members, lists
from socialfeed.domain.ids import ListId, UserId
from socialfeed.domain.user_list import Member, UserList

_LIST: BindParameter[int] = bindparam("list")
_USER: BindParameter[int] = bindparam("user")
_m = list_members.c

_ADD = insert(lists)
_LOCK = select(*LIST).where(lists.c.id == _LIST).with_for_update()
_SAVE = update(lists).where(lists.c.id == bindparam("key"))
_REMOVE = delete(lists).where(lists.c.id == _LIST)
_COUNT = select(func.count()).select_from(lists).where(lists.c.owner_id == _USER)
_EMPTY = delete(list_members).where(_m.list_id == _LIST)
_REMOVE_MEMBER = delete(list_members).where(_m.list_id == _LIST, _m.user_id == _USER)
_COUNT_MEMBERS = select(func.count()).select_from(list_members).where(_m.list_id == _LIST)

_LOCK_ALL = select(lists.c.id).where(lists.c.owner_id == _USER).order_by(lists.c.id).with_for_update()
_REMOVE_ALL = delete(lists).where(lists.c.owner_id == _USER)
_touched = or_(_m.user_id == _USER, _m.list_id.in_(bindparam("lists", expanding=True)))
_LOCK_MEMBERS = select(_m.id).where(_touched).order_by(_m.list_id, _m.user_id).with_for_update()
_REMOVE_MEMBERS = delete(list_members).where(_touched)


@cache
def _add_member(dialect: Dialect) -> Insert:
    return dialect.insert(list_members).on_conflict_do_nothing(index_elements=["user_id", "list_id"])


class SqlLists(Repository):
    __slots__ = ()

    async def add(self, new: UserList) -> None:
        async with conflicts_named(self._connection):
            await self._run(_ADD, list_values(new))

    async def locked(self, list_id: ListId) -> UserList | None:
        row = await self._first(_LOCK, {"list": list_id})
        return list_from_row(row) if row else None

    async def save(self, changed: UserList) -> None:
        await self._run(_SAVE, {"key": changed.id, **list_values(changed)})

    async def remove(self, list_id: ListId) -> None:
        await self._run(_EMPTY, {"list": list_id})
        await self._run(_REMOVE, {"list": list_id})

    async def count_of(self, owner_id: UserId) -> int:
        row = await self._first(_COUNT, {"user": owner_id})
        return int(row[0]) if row else 0

    async def add_member(self, member: Member) -> bool:
        return bool(await self._run(_add_member(self._dialect), member_values(member)))

    async def remove_member(self, list_id: ListId, user_id: UserId) -> bool:
        return bool(await self._run(_REMOVE_MEMBER, {"list": list_id, "user": user_id}))

    async def count_members(self, list_id: ListId) -> int:
        row = await self._first(_COUNT_MEMBERS, {"list": list_id})
        return int(row[0]) if row else 0

    async def remove_of(self, user_id: UserId) -> None:
        # Two who are on each other's lists may be erased at once: both take the rows in this order.
        own = [row[0] for row in await self._connection.execute(_LOCK_ALL, {"user": user_id})]
        touched = {"user": user_id, "lists": own}
        await self._connection.execute(_LOCK_MEMBERS, touched)
        await self._run(_REMOVE_MEMBERS, touched)
        await self._run(_REMOVE_ALL, {"user": user_id})
