"""From a committed event to a running job."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from socialfeed.application.ports.parked import ParkedWork
from socialfeed.domain.events import Envelope

TRIES = 20
"""After so many an event is parked: with the pauses between them, more than an hour after the first."""


class Claimed(Protocol):
    """A batch of events held by one relay."""

    @property
    def envelopes(self) -> Sequence[Envelope]:
        """Oldest first."""

    def done(self, envelope: Envelope) -> None:
        """The broker has it: delete it when the claim ends."""

    def failed(self, envelope: Envelope, reason: str, *, is_outage: bool = False) -> None:
        """Keep it and offer it again later: after 1 s, then twice as long each time, at most 5 minutes. After `TRIES`
        tries it is parked, unless it `is_outage`: what the job needs is away, and the event not at fault.
        """


class Lane(NamedTuple):
    """Some of the events: those with one of the names, or those with any other."""

    names: frozenset[str] = frozenset()
    is_rest: bool = True


EVERYTHING = Lane()


class OutboxRelay(Protocol):
    def claim(self, limit: int, lane: Lane = EVERYTHING) -> AbstractAsyncContextManager[Claimed]:
        """Up to `limit` events of the lane that are due and that no other relay holds. On exit those marked `done` are
        deleted and those `failed` are put back; unmarked ones, and all of them after an exception or the death of the
        process, are offered again at once. So every committed event is offered until it is marked done, and by one
        relay at a time. A claim may be held for as long as the broker takes: nobody who writes waits for it. An event
        that this version cannot read is not offered but put back as if it had failed.
        """

    async def hurry(self) -> None:
        """What was put back for later and nobody holds is due now: what it missed may be there again. Parked events
        stay parked.
        """

    async def backlog(self) -> int:
        """How many events wait, due or not; parked ones do not."""

    @property
    def parked(self) -> ParkedWork:
        """Events that failed too often; their ids are decimal numbers."""
