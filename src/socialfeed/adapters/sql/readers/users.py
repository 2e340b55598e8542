"""Accounts and profiles."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, SelectBase, Text, bindparam, func, literal_column, select

from socialfeed.adapters.sql.columns import Moment, storable
from socialfeed.adapters.sql.dialect import Dialect, Walk
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.users import PROFILE, USER, profile_from_row, user_from_row
from socialfeed.adapters.sql.tables import has_special_roles, is_not_active, is_proven, user_counters, users
from socialfeed.application.ports.readers import Profile
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import USER as USER_ROLE
from socialfeed.domain.user import User, UserStatus

# LIKE would take the _ in a name for any character, and knows no case on SQLite.
_ROLES: ColumnElement[str] = literal_column("','") + users.c.roles + literal_column("','")
_HAS_ROLE = func.replace(_ROLES, bindparam("role", type_=Text), literal_column("''")) != _ROLES


def _accounts(dialect: Dialect) -> SelectBase:
    return select(*USER).where(dialect.any_of(users.c.id, "ids"))


def _account_by_username(_: Dialect) -> SelectBase:
    return select(*USER).where(users.c.username_key == bindparam("login"))


def _account_by_email(_: Dialect) -> SelectBase:
    return (
        select(*USER).where(users.c.email == bindparam("login")).order_by(is_proven.desc(), users.c.id.desc()).limit(1)
    )


def _profiles(dialect: Dialect) -> SelectBase:
    return select(*PROFILE).where(dialect.any_of(users.c.id, "ids"))


def _profile_counts(dialect: Dialect) -> SelectBase:
    c = user_counters.c
    return select(c.user_id, c.posts, c.followers, c.following).where(dialect.any_of(c.user_id, "ids"))


def _id_by_username(_: Dialect) -> SelectBase:
    return select(users.c.id).where(users.c.username_key == bindparam("username"))


def _ids_by_usernames(dialect: Dialect) -> SelectBase:
    named = select(users.c.username_key, users.c.id).where(dialect.any_of(users.c.username_key, "ids"))
    return named.where(users.c.status == literal_column("'active'"))


_AFTER = bindparam("after", type_=BigInteger)
_STATUS = bindparam("status", type_=Text)


def _accounts_after(_: Dialect, limit: int, by_status: bool, by_role: bool, role_is_special: bool) -> SelectBase:
    accounts = select(*USER).where(users.c.id > _AFTER).order_by(users.c.id).limit(literal_column(str(limit)))
    if by_status:
        accounts = accounts.where(users.c.status == _STATUS)
    if by_role:
        accounts = accounts.where(_HAS_ROLE)
    return accounts.where(has_special_roles) if role_is_special else accounts


def _accounts_not_active(dialect: Dialect, limit: int, by_role: bool) -> SelectBase:
    walk = Walk(users.c.status, _STATUS, users.c.id, _AFTER, newest_first=False)
    accounts = dialect.walked(select(*USER).where(is_not_active), walk).limit(literal_column(str(limit)))
    return accounts.where(_HAS_ROLE) if by_role else accounts


def _due_for_erasure(_: Dialect, limit: int) -> SelectBase:
    due = select(users.c.id).where(users.c.erase_at <= bindparam("at", type_=Moment))
    return due.order_by(users.c.erase_at, users.c.id).limit(literal_column(str(limit)))


class SqlUserReader(Reader):
    __slots__ = ()

    async def accounts_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, User]:
        rows = await self._database.by_key(_accounts, ids)
        return {row[0]: user_from_row(row) for row in rows}

    async def account_by_login(self, login: str) -> User | None:
        if not storable(login):
            return None
        build = _account_by_email if "@" in login else _account_by_username
        rows = await self._database.rows(build, login=login.lower())
        return user_from_row(rows[0]) if rows else None

    async def profiles_by_ids(self, ids: Sequence[UserId]) -> dict[UserId, Profile]:
        rows = await self._database.by_key(_profiles, ids)
        return {row[0]: profile_from_row(row) for row in rows}

    async def profile_counts(self, ids: Sequence[UserId]) -> dict[UserId, ProfileCounts]:
        rows = await self._database.by_key(_profile_counts, ids)
        return {user_id: ProfileCounts(*counts) for user_id, *counts in rows}

    async def user_id_by_username(self, username: str) -> UserId | None:
        if not storable(username):
            return None
        rows = await self._database.rows(_id_by_username, username=username.lower())
        return UserId(rows[0][0]) if rows else None

    async def user_ids_by_usernames(self, names: Sequence[str]) -> dict[str, UserId]:
        rows = await self._database.by_key(_ids_by_usernames, [name for name in names if storable(name)])
        return {name: UserId(user) for name, user in rows}

    async def accounts_after(
        self, after: UserId | None, *, limit: int, status: UserStatus | None = None, role: str | None = None
    ) -> list[User]:
        if role is not None and (not role or "," in role or not storable(role)):
            return []
        values: dict[str, object] = {"after": 0 if after is None else after}
        if status is not None:
            values["status"] = status.value
        if role is not None:
            values["role"] = f",{role},"
        if status in (None, UserStatus.ACTIVE):
            is_special = role not in (None, USER_ROLE.name)
            rows = await self._database.rows(
                _accounts_after, limit, status is not None, role is not None, is_special, **values
            )
        else:
            rows = await self._database.rows(_accounts_not_active, limit, role is not None, **values)
        return [user_from_row(row) for row in rows]

    async def due_for_erasure(self, at: datetime, *, limit: int) -> list[UserId]:
        rows = await self._database.rows(_due_for_erasure, limit, at=at)
        return [UserId(user) for (user,) in rows]
