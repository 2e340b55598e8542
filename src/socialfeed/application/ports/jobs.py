"""Work that follows a commit."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from socialfeed.application.ports.parked import ParkedWork
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.events import Envelope

Handler = Callable[[Envelope], Awaitable[None]]
"""Reacts to an event. Must be idempotent by `Envelope.id`: jobs are delivered at least once. Raises `Rejected` to say
that trying again is no use; after any other error the job is tried again later, with growing pauses, and parked when it
failed too often.
"""


class Queue:
    """The queues, by what may wait for what."""

    INTERACTIVE = "interactive"
    FANOUT = "fanout"
    MEDIA = "media"
    MAIL = "mail"
    MAINTENANCE = "maintenance"
    ALL = (INTERACTIVE, FANOUT, MEDIA, MAIL, MAINTENANCE)


class Job(Protocol):
    """A named reaction; the name is a wire format."""

    @property
    def name(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def handler(self) -> Handler: ...


class NotTaken(Unavailable):
    """A broker is away, or there and takes no jobs: it may be full."""


class Jobs(Protocol):
    async def submit(self, job: str, envelope: Envelope) -> None:
        """When this returns, the job will run at least once even if this process dies now. An adapter that keeps
        nothing outside the process must therefore have run it. Raises `NotTaken` when the broker does not take it,
        and, where the job ran here, whatever the job raised.
        """

    def work(self, concurrency: int) -> AbstractAsyncContextManager[None]:
        """While it is held, takes submitted jobs, from whichever process, and runs their handlers on this event loop,
        at most `concurrency` at once; nothing to do where `submit` runs them. Leaving takes no more jobs and gives
        the running ones 10 seconds; one cut short then, like one whose process dies, runs again.
        """

    async def check(self) -> None:
        """Raises `Unavailable` unless the broker answers."""

    @property
    def parked(self) -> ParkedWork:
        """Jobs that failed too often or that no worker can read. An adapter that keeps no jobs has none."""


JobTable = Mapping[str, Job]
