"""What `DramatiqJobs` needs to know about a kind of broker, and what is the same for all kinds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol, TypeVar

import dramatiq
from dramatiq.broker import MessageProxy
from dramatiq.errors import BrokerConnectionError, ConnectionClosed
from dramatiq.middleware import Middleware, Retries

from socialfeed.domain.errors import Unavailable

MIN_BACKOFF_MS, MAX_BACKOFF_MS = 1_000, 15 * 60_000
TRIES, OUTAGE_TRIES = 20, 100
"""With these pauses, each twice the one before and jittered, about two hours, and a day for a job that misses
something: whatever is away, mail servers above all, comes back some day, while a mistake of ours stays one.
"""


class Letter(NamedTuple):
    """A message that is dead, as the broker keeps it."""

    id: str
    body: bytes


B = TypeVar("B", bound=dramatiq.Broker)


class Brokers(Protocol[B]):
    """Opens brokers of one kind at one place. Everything here blocks, and raises `BrokerConnectionError` when the
    broker is away: that is the only error with which Dramatiq's threads can live.
    """

    @property
    def place(self) -> str:
        """For people: no password."""

    def queue(self, name: str) -> str:
        """What the broker calls a queue of ours."""

    def submitter(self) -> B:
        """A broker to enqueue on, connected when first needed."""

    def consumer(self) -> B:
        """A broker for a worker."""

    def ping(self, broker: B) -> None: ...

    def count_dead(self, broker: B, queue: str) -> int:
        """Queues are named as `queue` says, here and below."""

    def dead(self, broker: B, queue: str, limit: int) -> list[Letter]:
        """The dead letters of a queue, oldest first. They stay."""

    def take_dead(self, broker: B, queue: str, letter_id: str, use: Callable[[bytes], object]) -> bool:
        """Uses a dead letter, then removes it: if using it fails, it stays. False if it is not there."""

    def close(self, broker: B) -> None: ...


def middleware() -> list[Middleware]:
    """None of Dramatiq's other defaults is of use to a job that runs on an event loop: they interrupt threads."""
    return [PatientRetries(retry_when=_again, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS)]


def _again(failures_before: int, error: BaseException) -> bool:
    return failures_before + 1 < (OUTAGE_TRIES if isinstance(error, Unavailable) else TRIES)


class PatientRetries(Retries):
    """Puts a failed job back even if the broker is away just then. Dramatiq's own gives up, the job is acknowledged
    when the broker is back, and lost.
    """

    pause_seconds = 1.0

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: MessageProxy,
        *,
        result: object = None,
        exception: BaseException | None = None,
    ) -> None:
        while True:
            try:
                super().after_process_message(broker, message, result=result, exception=exception)  # type: ignore[no-untyped-call]
            except BrokerConnectionError:
                message.options["retries"] -= 1
                time.sleep(self.pause_seconds)
            else:
                return


@contextmanager
def as_lost_connection(*errors: type[Exception]) -> Iterator[None]:
    """Tells of the errors of a driver as `Brokers` promises."""
    try:
        yield
    except errors as error:
        raise ConnectionClosed(error) from error  # type: ignore[no-untyped-call]
