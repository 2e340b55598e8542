"""Requests that a client may send again: each is done once."""

from collections.abc import Mapping

from socialfeed.application.commands import Commands
from socialfeed.application.ports.repositories import Transaction
from socialfeed.domain.idempotency import KEPT, IdempotencyKey
from socialfeed.domain.ids import UserId

_REMOVED_AT_ONCE = 1_000


class Once:
    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def made_before(
        self, tx: Transaction, user_id: UserId, key: str | None, request: Mapping[str, object], object_id: int
    ) -> int | None:
        """What an earlier request with this key made; None where this one is the first, whose transaction has to make
        `object_id`. Waits for one that is under way. The first thing that a transaction does. Raises `Invalid`,
        `IdempotencyKeyReused`.
        """
        if key is None:
            return None
        claim = IdempotencyKey.of(user_id, key, request, object_id, at=self._commands.clock.now())
        earlier = await tx.idempotency.claim(claim)
        if earlier is claim:
            return None
        claim.check_repeats(earlier)
        return earlier.object_id

    async def forget_old(self) -> int:
        """Removes the keys that are not kept any more; returns how many. Safe in any number of processes."""
        forgotten = 0
        horizon = self._commands.clock.now() - KEPT
        while True:
            async with self._commands.uow() as tx:
                removed = await tx.idempotency.remove_before(horizon, limit=_REMOVED_AT_ONCE)
            forgotten += removed
            if removed < _REMOVED_AT_ONCE:
                return forgotten
