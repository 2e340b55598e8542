"""A node number of its own for each process, so that no two make the same id."""

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.storage import NodeLeases
from socialfeed.application.work.background import ended
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import IdFactory

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RENEW_EVERY = 20.0
"""Seconds."""


@asynccontextmanager
async def leased_ids(nodes: NodeLeases, clock: Clock) -> AsyncIterator[IdFactory]:
    """An id factory on a node number that nobody else uses; the lease is renewed until the end."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    now = clock.now()
    node = await nodes.lease(owner, now, now + LEASE)
    ids = IdFactory(lambda: int(clock.now().timestamp() * 1000), node)

    async def keep() -> None:
        nonlocal node
        while True:
            await asyncio.sleep(RENEW_EVERY)
            try:
                now = clock.now()
                if not await nodes.renew(node, owner, now + LEASE):
                    node = await nodes.lease(owner, now, now + LEASE)
                    ids.move_to(node)
                    log.warning("the lease of our node number was lost; going on as node %d", node)
            except Exception:
                log.exception("the lease of node %d could not be renewed", node)

    task = asyncio.create_task(keep())
    try:
        yield ids
    finally:
        await ended(task)
        with suppress(Unavailable):  # it ends by itself in a minute
            await nodes.release(node, owner)
