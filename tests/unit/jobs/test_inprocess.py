from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from socialfeed.adapters.inprocess import open_inprocess
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.jobs import Jobs
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.jobs import JobsContract, Stumbled, Workbench


class TestInProcessJobs(JobsContract):
    @pytest.fixture
    async def jobs(self, workbench: Workbench) -> AsyncIterator[Jobs]:
        async with open_inprocess("inprocess://", AdapterContext(FixedClock(), Path(), jobs=workbench.table)) as jobs:
            yield jobs

    async def test_a_job_has_run_when_submit_returns(self, jobs: Jobs, workbench: Workbench, make: Builder) -> None:
        envelope = make.envelope()
        await jobs.submit("record_mail", envelope)

        assert workbench.ran == [("record_mail", envelope)]

    async def test_who_submits_hears_what_the_job_raised(self, jobs: Jobs, make: Builder) -> None:
        with pytest.raises(Stumbled):
            await jobs.submit("stumble", make.envelope())


async def test_options_are_refused() -> None:
    with pytest.raises(ValueError, match="inprocess://"):
        async with open_inprocess("inprocess://4", AdapterContext(FixedClock(), Path())):
            raise AssertionError("opened")
