"""The worker: a process that runs the jobs which a broker hands out, and helps to relay events to it."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from socialfeed.container import App, open_app
from socialfeed.entrypoints.tracing import start as start_tracing
from socialfeed.settings import Settings

log = logging.getLogger(__name__)

CONCURRENCY = 8
"""How many jobs run at once. They wait for databases and servers most of the time; more workers use more cores."""

Opener = Callable[[Settings], AbstractAsyncContextManager[App]]


def run_worker(settings: Settings, *, concurrency: int = CONCURRENCY) -> None:
    """Works until SIGTERM or SIGINT, then takes no more jobs, lets the running ones end and returns, all within 15
    seconds. Raises as `open_app` does.
    """
    tracing = start_tracing()
    try:
        asyncio.run(work(settings, concurrency=concurrency, opener=partial(open_app, around_jobs=tracing.jobs)))
    finally:
        tracing.close()


async def work(settings: Settings, *, concurrency: int = CONCURRENCY, opener: Opener = open_app) -> None:
    """As `run_worker`, on a running loop: the container's adapters, the relay and the jobs all live on it."""
    loop = asyncio.get_running_loop()
    told_to_stop = asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, told_to_stop.set)
    try:
        async with opener(settings) as app, app.jobs.work(concurrency):
            log.info("working on up to %d jobs at once", concurrency)
            await told_to_stop.wait()
            log.info("stopping")
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
