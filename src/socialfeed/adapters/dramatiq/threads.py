"""Threads that may hang: a driver waits for a broker that says nothing, and the process has to end all the same."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar, TypeVarTuple

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class DaemonThreads(Executor):
    """As `ThreadPoolExecutor`, but neither `shutdown` nor the end of the process waits for a thread."""

    def __init__(self, size: int, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [Thread(target=self._run, name=f"{name}-{n}", daemon=True) for n in range(size)]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self._calls.put(call)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends each thread after what was submitted before."""
        for _ in self._threads:
            self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


async def attempt(seconds: float, call: Callable[[*Arguments], Any], *arguments: *Arguments) -> None:
    """Makes a call, in a thread of its own, that is part of an orderly end but may fail or hang: then it is left."""
    thread = DaemonThreads(1, "attempt")
    try:
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().run_in_executor(thread, call, *arguments)
    except Exception as error:
        log.warning("%s did not end in order: %s", call.__qualname__, type(error).__name__)
    finally:
        thread.shutdown()
