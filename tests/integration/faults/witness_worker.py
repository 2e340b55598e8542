"""A worker whose one job is as far from idempotent as can be, and is kept from happening twice by the inbox only:
`python -m tests.integration.faults.witness_worker DATABASE_URL BROKER_URL WITNESS NODE`. It relays, too, until killed.
"""

import asyncio
import sys

from socialfeed.adapters.system import SystemClock
from socialfeed.application.work.background import in_background
from socialfeed.application.work.relay import Relay
from socialfeed.domain.ids import UserId
from socialfeed.testing.builders import Builder
from tests.integration.killed_process import SUBSCRIPTIONS, Witness, opened

CONCURRENCY = 8


async def main(database_url: str, broker_url: str, witness_id: str, node: str) -> None:
    make = Builder(SystemClock(), node=int(node))
    witness = UserId(int(witness_id))
    async with (
        opened(database_url, broker_url, lambda storage: Witness(storage, witness, make, lambda: None)) as (
            storage,
            jobs,
            _,
        ),
        in_background(Relay(storage.outbox, jobs, SUBSCRIPTIONS).run()),
        jobs.work(CONCURRENCY),
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
