"""Idempotency keys."""

from datetime import datetime
from functools import cache

from sqlalchemy import Delete, Insert, bindparam, delete, literal_column, select, tuple_

from socialfeed.adapters.sql.columns import Moment, to_datetime
from socialfeed.adapters.sql.dialect import Dialect
from socialfeed.adapters.sql.repositories.base import Repository
from socialfeed.adapters.sql.tables import idempotency_keys
from socialfeed.domain.idempotency import KEPT, IdempotencyKey

_k = idempotency_keys.c

_STORED = select(_k.user_id, _k.key, _k.fingerprint, _k.object_id, _k.created_at).where(
    _k.user_id == bindparam("user"), _k.key == bindparam("name")
)


@cache
def _claim(dialect: Dialect) -> Insert:
    """Waits for another transaction that claims the same key. One that is no longer kept is written over."""
    claim = dialect.insert(idempotency_keys)
    return claim.on_conflict_do_update(
        index_elements=["user_id", "key"],
        set_={name: claim.excluded[name] for name in ("fingerprint", "object_id", "created_at")},
        where=_k.created_at <= bindparam("expired", type_=Moment),
    )


@cache
def _remove_old(limit: int) -> Delete:
    """What others hold is left to the next time."""
    place = tuple_(_k.user_id, _k.key)
    old = (
        select(_k.user_id, _k.key)
        .where(_k.created_at < bindparam("moment", type_=Moment))
        .limit(literal_column(str(limit)))
        .with_for_update(skip_locked=True)
    )
    return delete(idempotency_keys).where(place.in_(old))


class SqlIdempotencyKeys(Repository):
    __slots__ = ()

    async def claim(self, key: IdempotencyKey) -> IdempotencyKey:
        values = {
            "user_id": key.user_id,
            "key": key.key,
            "fingerprint": key.fingerprint,
            "object_id": key.object_id,
            "created_at": key.created_at,
            "expired": key.created_at - KEPT,
        }
        # Whoever finds it taken and then gone, by upkeep, tries again.
        while not await self._run(_claim(self._dialect), values):
            if row := await self._first(_STORED, {"user": key.user_id, "name": key.key}):
                user_id, name, fingerprint, object_id, created_at = row
                return IdempotencyKey(user_id, name, fingerprint, object_id, to_datetime(created_at))
        return key

    async def remove_before(self, moment: datetime, *, limit: int) -> int:
        return await self._run(_remove_old(limit), {"moment": moment})
