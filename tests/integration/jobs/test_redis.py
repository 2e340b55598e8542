from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from socialfeed.adapters.dramatiq import open_redis_broker
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.jobs import Jobs
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.jobs import JobsContract, Workbench


class TestRedisJobs(JobsContract):
    @pytest.fixture
    async def jobs(self, redis_url: str, workbench: Workbench) -> AsyncIterator[Jobs]:
        context = AdapterContext(FixedClock(), Path(), jobs=workbench.table)
        async with open_redis_broker(redis_url, context) as jobs:
            yield jobs
