"""What every command shares: an open transaction, new ids, the time, events that are relayed after the commit, and an
entry in the activity log.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.repositories import Transaction, UnitOfWork
from socialfeed.domain.activity import ADDRESS_MAX, DETAIL_MAX, NOBODY, Action, Activity, Outcome
from socialfeed.domain.errors import IdConflict
from socialfeed.domain.events import Envelope, Event
from socialfeed.domain.ids import IdFactory, UserId
from socialfeed.domain.permissions import Actor

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

    async def record(
        self,
        tx: Transaction,
        actor: Actor,
        action: Action,
        object_id: int | None = None,
        *,
        by: UserId | None = None,
        outcome: Outcome = Outcome.DONE,
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Says in the activity log what the transaction did; the last thing it does, as others wait for the chain.
        `by` names who acts where `actor` is not signed in yet.
        """
        await tx.activity.add(
            Activity(
                self.ids.activity(),
                by or actor.user_id or NOBODY,
                action,
                outcome,
                object_id,
                actor.address[:ADDRESS_MAX],
                {name: value[:DETAIL_MAX] for name, value in (details or {}).items()},
            )
        )

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
