"""Whatever kills a process, and whenever: what was committed has its effect, and has it once."""

import pytest

from socialfeed.adapters.dramatiq import redis as redis_module
from tests.integration.killed_process import survived

KILLS = 20

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

    outcome = await survived(*urls, kills=KILLS)

    assert outcome.committed == KILLS
    assert outcome.effects == outcome.events
