"""What failed too often, wherever it is kept: shown to operators, tried again or given up when they say so."""

import asyncio
import logging

from socialfeed.application.commands import Commands
from socialfeed.application.guard import Guard
from socialfeed.application.metrics import PARKED
from socialfeed.application.paging import check_size
from socialfeed.application.ports.metrics import Metrics
from socialfeed.application.ports.parked import Parked, ParkedWork
from socialfeed.domain.activity import Action
from socialfeed.domain.errors import ParkedNotFound
from socialfeed.domain.permissions import Actor, Permission

log = logging.getLogger(__name__)

COUNTED_EVERY = 15.0
"""Seconds between two looks for the metrics."""


class ParkedJobs:
    """Events that could not be relayed, in the outbox, and jobs that could not be run, with the broker. Everything
    here raises `Forbidden`, and `Unavailable` when one of the two does not answer.
    """

    def __init__(
        self, commands: Commands, guard: Guard, metrics: Metrics, events: ParkedWork, jobs: ParkedWork
    ) -> None:
        self._commands = commands
        self._guard = guard
        self._metrics = metrics
        self._kept_by = (events, jobs)

    async def run(self) -> None:
        """Tells the metrics how many there are, until cancelled."""
        while True:
            try:
                self._metrics.set(PARKED, await self._count())
            except Exception as error:
                log.warning("parked jobs are not counted: %s", type(error).__name__)
            await asyncio.sleep(COUNTED_EVERY)

    async def count(self, actor: Actor) -> int:
        self._guard.check(actor, Permission.JOB_MANAGE)
        return await self._count()

    async def page(self, actor: Actor, *, first: int) -> list[Parked]:
        """Events first, then jobs by queue; each oldest first. Raises `Invalid`."""
        self._guard.check(actor, Permission.JOB_MANAGE)
        check_size(first, "first")
        parked: list[Parked] = []
        for keeper in self._kept_by:
            if len(parked) < first:
                parked += await keeper.oldest(limit=first - len(parked))
        return parked

    async def retry(self, actor: Actor, parked_id: str) -> None:
        """Has it run again, as if it were new. Raises `ParkedNotFound`."""
        self._guard.check(actor, Permission.JOB_MANAGE)
        if not any([await keeper.retry(parked_id) for keeper in self._kept_by]):
            raise ParkedNotFound
        await self._record(actor, Action.JOB_RETRY, parked_id)

    async def discard(self, actor: Actor, parked_id: str) -> None:
        """Gives it up for good. Raises `ParkedNotFound`."""
        self._guard.check(actor, Permission.JOB_MANAGE)
        if not any([await keeper.discard(parked_id) for keeper in self._kept_by]):
            raise ParkedNotFound
        await self._record(actor, Action.JOB_DISCARD, parked_id)

    async def _count(self) -> int:
        return sum([await keeper.count() for keeper in self._kept_by])

    async def _record(self, actor: Actor, action: Action, parked_id: str) -> None:
        """Afterwards: no transaction reaches a broker."""
        async with self._commands.transaction() as tx:
            await self._commands.record(tx, actor, action, details={"parked": parked_id})
