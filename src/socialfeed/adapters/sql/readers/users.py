"""Accounts and profiles."""

from collections.abc import Sequence

from sqlalchemy import SelectBase, bindparam, select

from socialfeed.adapters.sql.columns import storable
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.readers.base import Reader
from socialfeed.adapters.sql.rows.users import PROFILE, USER, profile_from_row, user_from_row
from socialfeed.adapters.sql.tables import is_active, user_counters, users
from socialfeed.application.ports.storage import Profile
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import UserId
from socialfeed.domain.user import User


def _accounts(dialect: Dialect) -> SelectBase:
    return select(*USER).where(dialect.any_of(users.c.id, "ids"))


def _account_by_username(_: Dialect) -> SelectBase:
    return select(*USER).where(users.c.username_key == bindparam("login"))


def _account_by_email(_: Dialect) -> SelectBase:
    return (
        select(*USER).where(users.c.email == bindparam("login")).order_by(is_active.desc(), users.c.id.desc()).limit(1)
    )


def _profiles(dialect: Dialect) -> SelectBase:
    return select(*PROFILE).where(dialect.any_of(users.c.id, "ids"))


def _profile_counts(dialect: Dialect) -> SelectBase:
    c = user_counters.c
    return select(c.user_id, c.posts, c.followers, c.following).where(dialect.any_of(c.user_id, "ids"))


def _id_by_username(_: Dialect) -> SelectBase:
    return select(users.c.id).where(users.c.username_key == bindparam("username"))


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
