"""Accounts and their one-time codes."""

from functools import cache

from sqlalchemy import Insert, bindparam, delete, insert, select, update

from socialfeed.adapters.sql.columns import storable
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.errors import conflicts_named
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.rows.users import CODE, USER, code_from_row, code_values, user_from_row, user_values
from socialfeed.adapters.sql.tables import codes, is_proven, user_counters, users
from socialfeed.domain.errors import UserNotFound
from socialfeed.domain.ids import UserId
from socialfeed.domain.user import CodePurpose, OneTimeCode, User, UserStatus

_HAS_EMAIL = users.c.email == bindparam("email")
_IS_PENDING = users.c.status == UserStatus.UNVERIFIED.value

# NO KEY UPDATE: it waits for other writers of the row, but lets others refer to it meanwhile.
_LOCK = select(*USER).where(users.c.id == bindparam("id")).with_for_update(key_share=True)
_BY_USERNAME = select(*USER).where(users.c.username_key == bindparam("username"))
_PROVEN = select(*USER).where(_HAS_EMAIL, is_proven)
_PENDING = select(*USER).where(_HAS_EMAIL, _IS_PENDING).order_by(users.c.id.desc()).limit(1)
_ADD = insert(users)
_ADD_COUNTERS = insert(user_counters).values(posts=0, followers=0, following=0)
_SAVE = update(users).where(users.c.id == bindparam("key"))
_REMOVE_PENDING = delete(users).where(_HAS_EMAIL, _IS_PENDING)

_IS_THIS = (codes.c.user_id == bindparam("user"), codes.c.purpose == bindparam("for"))
_LOCK_CODE = select(*CODE).where(*_IS_THIS).with_for_update()
_REMOVE_CODE = delete(codes).where(*_IS_THIS)


@cache
def _put_code(dialect: Dialect) -> Insert:
    put = dialect.insert(codes)
    replaced = {name: put.excluded[name] for name in ("id", "code_hash", "expires_at", "tries")}
    return put.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=replaced)


class SqlUsers(Repository):
    __slots__ = ()

    async def get(self, user_id: UserId) -> User | None:
        row = await self._first(_LOCK, {"id": user_id})
        return user_from_row(row) if row else None

    async def by_username(self, username: str) -> User | None:
        if not storable(username):
            return None
        row = await self._first(_BY_USERNAME, {"username": username.lower()})
        return user_from_row(row) if row else None

    async def proven_by_email(self, email: str) -> User | None:
        if not storable(email):
            return None
        row = await self._first(_PROVEN, {"email": email})
        return user_from_row(row) if row else None

    async def pending_by_email(self, email: str) -> User | None:
        if not storable(email):
            return None
        row = await self._first(_PENDING, {"email": email})
        return user_from_row(row) if row else None

    async def add(self, user: User) -> None:
        async with conflicts_named(self._connection):
            await self._run(_ADD, user_values(user))
            await self._run(_ADD_COUNTERS, {"user_id": user.id})

    async def save(self, user: User) -> None:
        """Raises `UserNotFound`, too."""
        async with conflicts_named(self._connection):
            if not await self._run(_SAVE, {"key": user.id, **user_values(user)}):
                raise UserNotFound

    async def remove_pending(self, email: str) -> None:
        if storable(email):
            await self._run(_REMOVE_PENDING, {"email": email})


class SqlCodes(Repository):
    __slots__ = ()

    async def get(self, user_id: UserId, purpose: CodePurpose) -> OneTimeCode | None:
        row = await self._first(_LOCK_CODE, {"user": user_id, "for": purpose.value})
        return code_from_row(row) if row else None

    async def put(self, code: OneTimeCode) -> None:
        await self._run(_put_code(self._dialect), code_values(code))

    async def remove(self, user_id: UserId, purpose: CodePurpose) -> None:
        await self._run(_REMOVE_CODE, {"user": user_id, "for": purpose.value})
