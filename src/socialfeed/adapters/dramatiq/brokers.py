"""What `DramatiqJobs` needs to know about a kind of broker, and what is the same for all kinds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import dramatiq
from dramatiq.broker import MessageProxy
from dramatiq.errors import BrokerConnectionError, ConnectionClosed
from dramatiq.middleware import Middleware, Retries

MIN_BACKOFF_MS, MAX_BACKOFF_MS = 1_000, 15 * 60_000
TRIES = 100
"""With these pauses, each twice the one before and jittered, about a day."""

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

    def close(self, broker: B) -> None: ...


def middleware() -> list[Middleware]:
    """None of Dramatiq's other defaults is of use to a job that runs on an event loop: they interrupt threads."""
    return [PatientRetries(max_retries=TRIES, min_backoff=MIN_BACKOFF_MS, max_backoff=MAX_BACKOFF_MS)]


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
