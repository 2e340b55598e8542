"""One run of an operation: what resolvers said, and what is waited for.

A run remembers every call of a resolver, by its place in the answer: first the place, then what came back. When
something is out of the ordinary, the careful way starts over with that record and asks no resolver twice.
"""

from asyncio import CancelledError, Future, ensure_future, gather, get_running_loop
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution.values import VariableValues
from graphql.pyutils import gather_with_cancel, is_awaitable
from graphql.type import GraphQLResolveInfoHelpers

Done = Callable[[Any, Any, GraphQLResolveInfo[Any], "Run"], Any]


class Wait:
    """A field whose value is not there yet."""

    __slots__ = ("awaitable", "done", "index", "info", "key", "target")

    def __init__(
        self, awaitable: Awaitable[Any], done: Done, key: str, info: GraphQLResolveInfo[Any], index: int
    ) -> None:
        self.awaitable = awaitable
        self.done = done
        self.key = key
        self.info = info
        self.index = index
        self.target: dict[str, Any] = {}

    def complete(self, value: Any, run: "Run") -> None:
        self.target[self.key] = self.done(value, self.info.path, self.info, run)


class Settled:
    """What an awaitable came to."""

    __slots__ = ("error", "value")

    def __init__(self, value: Any, error: Exception | None = None) -> None:
        self.value = value
        self.error = error

    async def again(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.value


class Run:
    __slots__ = ("arguments", "calls", "context", "pending", "root", "variables")

    def __init__(self, root: Any, context: Any, variables: VariableValues) -> None:
        self.root = root
        self.context = context
        self.variables = variables
        self.arguments: dict[Any, Mapping[str, Any]] = {}
        self.calls: list[Any] = []
        """Paths and results by turns. Coroutines that were started are here as futures, or as what they came to."""
        self.pending: list[Wait] = []

    async def settle(self) -> None:
        """Completes what is waited for, and what is waited for then. Siblings run at the same time."""
        pending = self.pending
        while len(pending) == 1:  # needs no task of its own
            wait = pending.pop()
            try:
                value = await wait.awaitable
            except Exception as error:
                self.calls[wait.index] = Settled(None, error)
                raise
            self.calls[wait.index] = Settled(value)
            wait.complete(value, self)
        if pending:
            await self._settle_all()

    async def _settle_all(self) -> None:
        loop, running = get_running_loop(), set[Future[Any]]()
        ready: list[tuple[Wait, Future[Any]]] = []
        wake: Future[None] = loop.create_future()

        def finished(wait: Wait, future: Future[Any]) -> None:
            running.discard(future)
            ready.append((wait, future))
            if not wake.done():
                wake.set_result(None)

        try:
            while True:
                for wait in self.pending:
                    future: Future[Any] = ensure_future(wait.awaitable)
                    self.calls[wait.index] = future
                    running.add(future)
                    future.add_done_callback(partial(finished, wait))
                self.pending.clear()
                if not ready:
                    if not running:
                        return
                    wake = loop.create_future()
                    await wake
                batch, ready = ready, []
                for wait, settled in batch:
                    wait.complete(settled.result(), self)
        except CancelledError:
            for left in running:
                left.cancel()
            await gather(*running, return_exceptions=True)
            raise


_background: set[Future[Any]] = set()


def track(values: Sequence[Any]) -> None:
    awaitables = [value for value in values if is_awaitable(value)]
    if awaitables:
        future = gather(*awaitables, return_exceptions=True)
        _background.add(future)
        future.add_done_callback(_background.discard)


def _gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
    return gather_with_cancel(*values)


HELPERS = GraphQLResolveInfoHelpers(gather=_gather, track=track)
"""What `info.async_helpers` offers to resolvers."""
