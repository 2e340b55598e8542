"""A worker that is killed in the middle of its first job: `python -m tests.integration.jobs.doomed_worker URL`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from socialfeed.adapters.dramatiq import open_rabbitmq, open_redis_broker
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.jobs import Queue
from socialfeed.domain.events import Envelope
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.jobs import WorkbenchJob


async def die(_: Envelope) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(url: str) -> None:
    table = {name: WorkbenchJob(name, Queue.INTERACTIVE, die) for name in ("wait", "record_interactive")}
    open_broker = open_rabbitmq if url.startswith("amqp") else open_redis_broker
    async with open_broker(url, AdapterContext(FixedClock(), Path(), jobs=table)) as jobs, jobs.work(1):
        await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
