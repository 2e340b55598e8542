"""From a committed event to a running job."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from socialfeed.domain.events import Envelope


class Claimed(Protocol):
    """A batch of events held by one relay."""

    @property
    def envelopes(self) -> Sequence[Envelope]:
        """Oldest first."""

    def done(self, envelope: Envelope) -> None:
        """The broker has it: delete it when the claim ends."""

    def failed(self, envelope: Envelope, reason: str) -> None:
        """Keep it and offer it again later: after 1 s, then twice as long each time, at most 5 minutes."""


class OutboxRelay(Protocol):
    def claim(self, limit: int) -> AbstractAsyncContextManager[Claimed]:
        """Up to `limit` events that are due and that no other relay holds. On exit those marked `done` are deleted
        and those `failed` are put back; unmarked ones, and all of them after an exception or the death of the
        process, are offered again at once. So every committed event is offered until it is marked done, and by one
        relay at a time. A claim may be held for as long as the broker takes: nobody who writes waits for it.
        """

    async def backlog(self) -> int:
        """How many events wait, due or not."""
