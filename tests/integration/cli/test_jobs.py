"""`socialfeed jobs parked`."""

import asyncio
from pathlib import Path

import pytest

from socialfeed.application.metrics import PARKED
from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.ports.outbox import TRIES
from socialfeed.container import open_app
from socialfeed.domain.activity import Action
from socialfeed.domain.events import Envelope
from socialfeed.settings import Settings
from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock
from socialfeed.testing.contracts.outbox import given_parked, offered
from tests.commands import Run
from tests.integration.cli.activity_log import opened


@pytest.fixture
def poison(migrated_url: str) -> list[Envelope]:
    """Three events that are parked."""
    make, clock = Builder(), FixedClock()
    envelopes = [make.envelope() for _ in range(3)]

    async def park() -> None:
        async with opened(migrated_url, clock) as storage:
            await given_parked(storage, clock, *envelopes)

    asyncio.run(park())
    return envelopes


def test_what_is_parked_is_listed_oldest_first_and_counted(run: Run, migrated_url: str, poison: list[Envelope]) -> None:
    result = run("jobs", "parked", database_url=migrated_url)

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [str(envelope.id) for envelope in poison]
    assert f"  outbox  {poison[0].event.name}  {TRIES} tries  " in lines[0]
    assert lines[0].endswith("UTC  the broker said no")
    assert "3 parked." in result.stderr
    payload = poison[0].event.payload()
    assert not any(str(value) in result.output for value in payload.values())


def test_nothing_parked_is_said_too(run: Run, migrated_url: str) -> None:
    result = run("jobs", "parked", database_url=migrated_url)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "0 parked.\n")


def test_one_is_tried_again_another_given_up_and_the_log_knows(
    run: Run, migrated_url: str, poison: list[Envelope], tmp_path: Path
) -> None:
    again, gone, kept = poison
    result = run("jobs", "parked", "--retry", str(again.id), "--discard", str(gone.id), database_url=migrated_url)

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [f"{again.id} is tried again", f"{gone.id} is given up"]
    assert run("jobs", "parked", database_url=migrated_url).stdout.startswith(f"{kept.id}  ")

    async def look() -> tuple[list[Envelope], list[tuple[str, str]]]:
        async with open_app(Settings(database_url=migrated_url, data_dir=tmp_path), relay=False) as app:
            log = await app.storage.activity.entries(ActivityFilter(), limit=10)
            return await offered(app.storage), [(entry.action, entry.details["parked"]) for entry in log]

    found, logged = asyncio.run(look())
    assert found == [again]
    assert sorted(logged) == [(Action.JOB_DISCARD, str(gone.id)), (Action.JOB_RETRY, str(again.id))]


@pytest.mark.parametrize("option", ["--retry", "--discard"])
def test_all_are_changed_at_once(run: Run, migrated_url: str, poison: list[Envelope], option: str) -> None:
    result = run("jobs", "parked", option, "all", database_url=migrated_url)

    assert (result.exit_code, len(result.stdout.splitlines())) == (0, len(poison))
    assert run("jobs", "parked", database_url=migrated_url).stderr == "0 parked.\n"


@pytest.mark.parametrize("wrong", ["7", "nonsense", ""])
def test_an_id_that_is_not_parked_is_an_error(run: Run, migrated_url: str, poison: list[Envelope], wrong: str) -> None:
    result = run("jobs", "parked", "--discard", wrong, database_url=migrated_url)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (f"socialfeed: Nothing is parked under {wrong!r}: socialfeed jobs parked lists what is.\n")
    assert run("jobs", "parked", database_url=migrated_url).stderr == "3 parked.\n"


def test_a_broker_that_is_away_is_an_error(run: Run, migrated_url: str) -> None:
    result = run("jobs", "parked", database_url=migrated_url, broker_url="redis://:hush@127.0.0.1:1")

    assert result.exit_code == 1
    assert "SOCIALFEED_BROKER_URL" in result.stderr
    assert "hush" not in result.output


def test_the_metrics_of_a_running_server_count_them(migrated_url: str, poison: list[Envelope], tmp_path: Path) -> None:
    async def page() -> str:
        async with open_app(Settings(database_url=migrated_url, data_dir=tmp_path)) as app:
            async with asyncio.timeout(10):
                while f"{PARKED.name} 3.0" not in (text := app.metrics.page()[0].decode()):
                    await asyncio.sleep(0.01)
            return text

    assert f"{PARKED.name} 3.0" in asyncio.run(page())
