"""Whatever kills a process, and whenever: what was committed has its effect, and has it once."""

import asyncio
import subprocess
import sys

import pytest

from socialfeed.adapters.dramatiq import redis as redis_module
from socialfeed.application.ports.storage import Storage
from socialfeed.application.work.relay import Relay
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.visibility import EVERY_VISIBILITY
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.waiting import eventually
from tests.integration.killed_process import KILLS, SUBSCRIPTIONS, Moment, Witness, event_of, moment_of, opened

BACKENDS = [
    ("sqlite", "inprocess"),
    ("postgresql", "inprocess"),
    ("sqlite", "redis"),
    ("postgresql", "redis"),
    pytest.param(("postgresql", "rabbitmq"), marks=pytest.mark.rabbitmq),
]
FIXTURES = {
    "sqlite": "migrated_sqlite_url",
    "postgresql": "migrated_postgres_url",
    "redis": "redis_url",
    "rabbitmq": "amqp_url",
}


@pytest.fixture(params=BACKENDS, ids="-".join)
def urls(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Of an empty database and a broker with nothing to do."""
    database, broker = request.param
    return (
        request.getfixturevalue(FIXTURES[database]),
        "inprocess://" if broker == "inprocess" else request.getfixturevalue(FIXTURES[broker]),
    )


async def test_every_event_has_its_effect_once_though_every_process_was_killed(
    urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_module, "HEARTBEAT_TIMEOUT_MS", 1_500)
    make = Builder()
    author = make.user()

    async with opened(*urls, lambda storage: Witness(storage, author.id, make, lambda: None)) as (
        storage,
        jobs,
        witness,
    ):
        async with storage.uow() as tx:
            await tx.users.add(author)

        command = [sys.executable, "-m", "tests.integration.killed_process", *urls, str(author.id)]
        killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert killed.returncode == 0, killed.stderr

        relay = Relay(storage.outbox, jobs, SUBSCRIPTIONS)

        async def all_is_done() -> bool:
            await relay.drain()  # again and again: what failed for some other reason is due later
            return not await storage.outbox.backlog() and witness.asked >= deliveries_due(urls[1])

        async with jobs.work(4):
            await eventually(all_is_done)

        assert await effects(storage, author.id) == sorted(event_of(number).id for number in range(KILLS))
        committed = [await storage.users.user_id_by_username(f"user_{number}") for number in range(KILLS)]
        assert None not in committed


def deliveries_due(broker_url: str) -> int:
    """How often the survivor is asked at least. A broker that lives on has every event once from a process that found
    it in the outbox, and once from the process before if that came so far; none was acknowledged.
    """
    if broker_url.startswith("inprocess"):
        return 1
    return KILLS + sum(moment_of(number) is not Moment.BEFORE_SUBMIT for number in range(KILLS))


async def effects(storage: Storage, author_id: UserId) -> list[int]:
    """The event of each post that the job wrote."""
    page = await storage.posts.page_by_author(author_id, EVERY_VISIBILITY, limit=100, offset=0)
    posts = await storage.posts.posts_by_ids([*map(PostId, page.ids)])
    return sorted(int(post.content) for post in posts.values())
