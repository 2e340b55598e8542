import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from socialfeed.adapters.sql import migrate
from socialfeed.container import open_app
from socialfeed.domain.permissions import ANONYMOUS
from socialfeed.settings import Settings
from socialfeed.testing.contracts.waiting import eventually

WORKER = (
    "from socialfeed.settings import load; from socialfeed.entrypoints.worker import run_worker; run_worker(load())"
)


@contextlib.contextmanager
def worker_process(settings: Settings) -> Iterator["subprocess.Popen[str]"]:
    names = ("data_dir", "database_url", "broker_url")
    environment = os.environ | {f"SOCIALFEED_{name.upper()}": str(getattr(settings, name)) for name in names}
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(params=["redis_url", pytest.param("amqp_url", marks=pytest.mark.rabbitmq)])
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path, broker_url=request.getfixturevalue(request.param))
    await migrate(settings.database)
    return settings


async def test_a_worker_relays_what_a_web_process_commits_runs_its_jobs_and_stops_when_told(settings: Settings) -> None:
    async with open_app(settings, relay=False) as web:
        await web.services.accounts.register(ANONYMOUS, username="ada", email="ada@example.org", password="long enough")
        with worker_process(settings) as worker:

            async def code_is_mailed() -> bool:
                return len(list((settings.data_dir / "mail").glob("*.eml"))) == 1

            await eventually(code_is_mailed)
            worker.send_signal(signal.SIGTERM)
            _, complaints = await asyncio.to_thread(worker.communicate, timeout=15)

        assert worker.returncode == 0, complaints
        assert "Traceback" not in complaints
        assert await web.storage.outbox.backlog() == 0
