"""What every command shares: an open transaction, new ids, the time, and events that are relayed after the commit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.storage import Transaction, UnitOfWork
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.events import Envelope, Event
from socialfeed.domain.ids import IdFactory

P = ParamSpec("P")
R = TypeVar("R")

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Commands:
    """`wake` is called after a commit, so that the relay need not wait for its next look at the outbox."""

    uow: UnitOfWork
    ids: IdFactory
    clock: Clock
    wake: Callable[[], None]

    async def publish(self, tx: Transaction, event: Event) -> None:
        """Stores the event with the transaction: both happen or neither."""
        await tx.outbox.add(Envelope(self.ids.event(), event, self.clock.now()))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with self.uow() as tx:
            yield tx
        self.wake()


def regenerates_ids(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Runs a command again, with new ids, when another process made the same one. Nothing was written then."""

    @wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(_TRIES - 1):
            try:
                return await method(*args, **kwargs)
            except IdConflict:
                continue
        return await method(*args, **kwargs)

    return call
