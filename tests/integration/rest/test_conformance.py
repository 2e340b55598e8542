"""Schemathesis against a real server: whatever the description allows or forbids, no answer is one it does not list."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from socialfeed.adapters.sql import migrate
from socialfeed.testing.client import open_client
from tests.integration.cli.conftest import Server, bare_environment
from tests.uploads import picture

PROGRAM = str(Path(sys.executable).with_name("schemathesis"))

EXAMPLES = 10
"""Random requests an operation; what schemathesis derives from the description by itself comes on top."""

CONFIG = """
[parameters]
"path.username" = "ada"
"path.id" = "{media}"

[checks.positive_data_acceptance]
# What a schema cannot say, the domain refuses with 422; a code or a token that was never issued, with 400 or 401.
expected-statuses = ["2xx", 400, 401, 403, 404, 409, 422]
"""


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'socialfeed.sqlite3'}"


@pytest.fixture
def ada(database: str, tmp_path: Path) -> tuple[str, str]:
    """An access token of Ada's, who signed up before the server began, and the id of a picture of hers."""

    async def sign_up() -> tuple[str, str]:
        await migrate(database)
        async with open_client(database_url=database, data_dir=tmp_path, media_url="") as client:
            ada = await client.sign_up("ada")
            uploaded = await ada.form("/api/media", {}, {"file": picture()})
            return ada.token or "", uploaded.json()["id"]

    return asyncio.run(sign_up())


@pytest.fixture
def address(database: str, ada: tuple[str, str], tmp_path: Path) -> Iterator[str]:
    server = Server(tmp_path, tmp_path / "server.log", database_url=database, rate_limit="off")
    yield server.address()
    server.end()


def conforms(address: str, folder: Path, media: str, *options: str) -> None:
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.replace("{media}", media))
    run = subprocess.run(
        [
            *(PROGRAM, "--config-file", str(config), "--no-color", "run", f"{address}/api/openapi.json"),
            *("--checks", "all", "--phases", "examples,coverage,fuzzing", "--continue-on-failure"),
            *("--max-examples", str(EXAMPLES), "--generation-deterministic", *options),
        ],
        cwd=folder,
        env=bare_environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_answer_is_a_defect_or_one_that_is_not_described(address: str, ada: tuple[str, str], tmp_path: Path) -> None:
    token, media = ada
    conforms(address, tmp_path, media)
    options = ("--include-tag", "users", "--include-tag", "media", "--header", f"Authorization: Bearer {token}")
    conforms(address, tmp_path, media, *options)
