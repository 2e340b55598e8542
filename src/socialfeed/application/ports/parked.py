"""Work that failed so often that nobody tries it any more until an operator says so."""

from datetime import datetime
from typing import NamedTuple, Protocol


class Parked(NamedTuple):
    """What is parked, without what it carries: no payload, and of errors no more than their kind."""

    id: str
    place: str
    """"outbox", or the queue of a broker."""
    work: str
    """The event that could not be relayed, or the job that could not be run."""
    event_id: int | None
    tries: int
    at: datetime
    """When it was parked, or tried last."""
    reason: str


class ParkedWork(Protocol):
    """Raises `Unavailable` when whoever keeps it does not answer."""

    async def count(self) -> int: ...

    async def oldest(self, *, limit: int) -> list[Parked]:
        """By place, those that were parked first before the others."""

    async def retry(self, parked_id: str) -> bool:
        """Offers it again, at once and as if it were new. False if nothing of this id is parked. At least once: two
        operators at the same time may have it run twice.
        """

    async def discard(self, parked_id: str) -> bool:
        """Forgets it for good. False if nothing of this id is parked."""
