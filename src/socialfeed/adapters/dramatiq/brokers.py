"""What `DramatiqJobs` needs to know about a kind of broker."""

from typing import Protocol, TypeVar

import dramatiq
from dramatiq.middleware import Middleware, Retries

MIN_BACKOFF_MS, MAX_BACKOFF_MS = 1_000, 15 * 60_000
TRIES = 100
"""With these pauses, doubled each time and jittered, about a day."""


B = TypeVar("B", bound=dramatiq.Broker)


class Brokers(Protocol[B]):
    """Opens brokers of one kind at one place. Everything here blocks."""

    @property
    def place(self) -> str:
        """For people: no password."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What is raised when the broker is away. `OSError` is among them, and so is a time-out."""

    def queue(self, name: str) -> str:
        """What the broker calls a queue of ours."""

    def submitter(self) -> B:
        """A broker to enqueue on, connected when first needed."""

    def consumer(self) -> B:
        """A broker for a worker."""

    def ping(self, broker: B) -> None: ...

    def close(self, broker: B) -> None: ...


def middleware() -> list[Middleware]:
    """None of Dramatiq's other defaults is of use to a job that runs on an event loop: they interrupt threads."""
    return [Retries(max_retries=TRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS)]
