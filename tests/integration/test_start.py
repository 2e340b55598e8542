"""What may start, and how a start that may not is refused: one clear line, no secret in it."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from socialfeed.container import open_app
from socialfeed.domain.errors import Unavailable
from socialfeed.settings import DEVELOPMENT_SECRET, Settings, SettingsError, load
from tests.services.launch import free_port

GOOD: Mapping[str, Any] = {"database_url": "memory://", "mail_url": "memory://", "media_url": "memory://"}


async def start(tmp_path: Path, **settings: Any) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(open_app(Settings(**{"data_dir": tmp_path, **GOOD, **settings})))


async def test_the_embedded_default_starts(tmp_path: Path) -> None:
    await start(tmp_path)


@pytest.mark.parametrize("secret", [DEVELOPMENT_SECRET, "short"])
async def test_production_refuses_a_public_or_short_secret(tmp_path: Path, secret: str) -> None:
    with pytest.raises(SettingsError, match=r"^SOCIALFEED_SECRET_KEY must [^\n]*$"):
        await start(tmp_path, environment="production", secret_key=secret)


async def test_production_refuses_a_database_that_forgets(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SOCIALFEED_DATABASE_URL"):
        await start(tmp_path, environment="production", secret_key="x" * 40)


@pytest.mark.parametrize("kind", ["database", "redis", "broker", "mail", "media", "ranker"])
async def test_an_unknown_scheme_is_refused_and_the_known_ones_are_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(SettingsError, match=rf"^SOCIALFEED_{kind.upper()}_URL: no adapter for .*'carrier'.*://$"):
        await start(tmp_path, **{f"{kind}_url": "carrier://user:hush@pigeon"})


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("database", "postgresql://user:hush@127.0.0.1:{port}/db"),
        ("redis", "redis://:hush@127.0.0.1:{port}"),
        ("broker", "redis://:hush@127.0.0.1:{port}"),
        ("broker", "amqp://user:hush@127.0.0.1:{port}"),
    ],
)
async def test_a_server_that_does_not_answer_is_refused_by_name_without_its_password(
    tmp_path: Path, kind: str, url: str
) -> None:
    port = free_port()
    with pytest.raises(Unavailable) as refused:
        await start(tmp_path, **{f"{kind}_url": url.format(port=port)})

    message = str(refused.value)
    assert message.startswith(f"SOCIALFEED_{kind.upper()}_URL: ")
    assert str(port) in message
    assert "\n" not in message
    assert "hush" not in message


async def test_a_database_that_was_not_migrated_is_refused_with_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="socialfeed migrate"):
        await start(tmp_path, database_url=f"sqlite:///{tmp_path / 'new.sqlite3'}")


@pytest.mark.parametrize(
    ("name", "value"), [("RATE_LIMIT", "often"), ("ENVIRONMENT", "staging"), ("CREDENTIAL_RATE", "0/minute")]
)
def test_a_variable_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"SOCIALFEED_{name}", value)

    with pytest.raises(SettingsError, match=rf"^SOCIALFEED_{name}: [^\n]+$"):
        load()


def test_one_variable_lifts_or_sets_every_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIALFEED_RATE_LIMIT", "off")
    assert load().credential_limit is None
    monkeypatch.setenv("SOCIALFEED_RATE_LIMIT", "3/2 minutes")
    limit = load().credential_limit
    assert limit is not None
    assert (limit.points, limit.period.total_seconds()) == (3, 120)
