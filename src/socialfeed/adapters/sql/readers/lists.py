"""Lists of accounts, and who is on them."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, SelectBase, bindparam, func, literal_column, select

from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader, once_each
from socialfeed.adapters.sql.rows.lists import LIST, list_from_row, member_from_row
from socialfeed.adapters.sql.tables import list_members, lists, posts
from socialfeed.domain.ids import MAX_ID, EventId, ListId, PostId, UserId
from socialfeed.domain.user_list import Member, UserList

_l, _m = lists.c, list_members.c
_BEFORE = bindparam("before", type_=BigInteger)


def _lists(dialect: Dialect) -> SelectBase:
    return select(*LIST).where(dialect.any_of(_l.id, "ids"))


def _page(dialect: Dialect, limit: int, of_member: bool) -> SelectBase:
    """An owner has few enough to walk past those that the member is not on."""
    found = select(*LIST)
    if of_member:
        is_on = select(_m.id).where(_m.list_id == _l.id, _m.user_id == bindparam("member", type_=BigInteger))
        found = found.where(is_on.exists())
    newest = Walk(_l.owner_id, bindparam("owner", type_=BigInteger), _l.id, _BEFORE, newest_first=True)
    return dialect.walked(found, newest).limit(literal_column(str(limit)))


def _members(dialect: Dialect, limit: int) -> SelectBase:
    keys = dialect.each("ids")
    walk = Walk(_m.list_id, keys.c.key, _m.id, _BEFORE, newest_first=True)
    of_each = dialect.first_of_each(keys, list_members, walk, limit=limit)
    found = of_each.rows.c
    newest = select(found.id, found.list_id, found.user_id, found.created_at).select_from(of_each.source)
    return newest.order_by(found.id.desc())


def _newest_posts(dialect: Dialect, limit: int) -> SelectBase:
    """A walk for each who is on the list, of whom there are a few hundred at most."""
    on_it = _m.list_id == bindparam("list", type_=BigInteger)
    authors = select(_m.user_id.label("key")).where(on_it).subquery("authors")
    walk = Walk(posts.c.author_id, authors.c.key, posts.c.id, _BEFORE, newest_first=True)
    of_each = dialect.first_of_each(authors, posts, walk, limit=limit)
    newest = select(of_each.rows.c.id).select_from(of_each.source).order_by(of_each.rows.c.id.desc())
    return newest.limit(literal_column(str(limit)))


def _member_counts(dialect: Dialect) -> SelectBase:
    return select(_m.list_id, func.count()).where(dialect.any_of(_m.list_id, "ids")).group_by(_m.list_id)


class SqlListReader(Reader):
    __slots__ = ()

    async def lists_by_ids(self, ids: Sequence[ListId]) -> dict[ListId, UserList]:
        return {row[0]: list_from_row(row) for row in await self._database.by_key(_lists, ids)}

    async def page(
        self, owner_id: UserId, *, member_id: UserId | None = None, limit: int, before: ListId | None = None
    ) -> list[UserList]:
        values = {"owner": owner_id, "before": MAX_ID if before is None else before}
        if member_id is not None:
            values["member"] = member_id
        rows = await self._database.rows(_page, limit, member_id is not None, **values)
        return [list_from_row(row) for row in rows]

    async def members(
        self, list_ids: Sequence[ListId], *, limit: int, before: EventId | None = None
    ) -> dict[ListId, list[Member]]:
        found: dict[ListId, list[Member]] = {}
        if list_ids:
            below = MAX_ID if before is None else before
            for row in await self._database.rows(_members, limit, ids=once_each(list_ids), before=below):
                member = member_from_row(row)
                found.setdefault(member.list_id, []).append(member)
        return found

    async def newest_posts(self, list_id: ListId, *, limit: int, before: PostId | None = None) -> list[PostId]:
        below = MAX_ID if before is None else before
        return [PostId(row[0]) for row in await self._database.rows(_newest_posts, limit, list=list_id, before=below)]

    async def member_counts(self, ids: Sequence[ListId]) -> dict[ListId, int]:
        return {ListId(list_id): count for list_id, count in await self._database.by_key(_member_counts, ids)}
