"""Lists of accounts, and who is on them."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.user_list import Member, UserList

_l = tables.lists.c

LIST = (_l.id, _l.owner_id, _l.name, _l.created_at, _l.updated_at)


def list_from_row(row: Row) -> UserList:
    id_, owner_id, name, created_at, updated_at = row
    return UserList(id_, owner_id, name, to_datetime(created_at), to_datetime(updated_at))


def list_values(user_list: UserList) -> Values:
    return {
        "id": user_list.id,
        "owner_id": user_list.owner_id,
        "name": user_list.name,
        "created_at": user_list.created_at,
        "updated_at": user_list.updated_at,
    }


def member_from_row(row: Row) -> Member:
    """Of the columns in the order of the fields."""
    id_, list_id, user_id, created_at = row
    return Member(id_, list_id, user_id, to_datetime(created_at))


def member_values(member: Member) -> Values:
    return {
        "id": member.id,
        "list_id": member.list_id,
        "user_id": member.user_id,
        "created_at": member.created_at,
    }
