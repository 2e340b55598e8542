"""A Redis without room: it takes no new jobs, and gives out those it has."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from socialfeed.adapters.dramatiq import open_redis_broker
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.jobs import NotTaken
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.jobs import Workbench
from tests.integration.redis.conftest import own_server_with
from tests.services import Services


@pytest.fixture
def server(services: Services) -> Iterator[Redis]:
    with own_server_with(services, "--maxmemory-policy", "noeviction") as own, Redis.from_url(own.url) as client:
        yield client


async def test_a_full_redis_refuses_new_jobs_and_gives_out_those_it_has(server: Redis) -> None:
    workbench, make = Workbench(), Builder()
    url = f"redis://127.0.0.1:{server.get_connection_kwargs()['port']}"
    queued, failing, new = make.envelope(), make.envelope(), make.envelope()
    context = AdapterContext(FixedClock(), Path(), jobs=workbench.table)
    async with open_redis_broker(url, context) as jobs:
        await jobs.submit("record_mail", queued)
        await jobs.submit("stumble", failing)
        server.config_set("maxmemory", 1)
        with pytest.raises(NotTaken):
            await jobs.submit("record_mail", new)

        # Also one that starts now; and what fails is kept for another try.
        async with open_redis_broker(url, context) as late, late.work(2):
            await workbench.done("record_mail", queued)
            await workbench.done("stumble", failing)

            server.config_set("maxmemory", 0)
            await jobs.submit("record_mail", new)
            await workbench.done("record_mail", new)
