"""Clients that other people wrote, in `tests/clients`, against a server: they need node and npm, and no browser."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from socialfeed.entrypoints.cli import main
from tests.e2e.browser import program
from tests.e2e.server import serving

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"

Script = Callable[[str], str]


@pytest.fixture(scope="session")
def clients(pytestconfig: pytest.Config) -> Path:
    """A copy of the scripts beside what they import, which is kept from run to run while the lock is the same; what
    relay-compiler makes of this version's schema with them.
    """
    program("node", package="nodejs")
    npm = program("npm", package="npm")
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("clients")
    installed = folder / "node_modules" / "package-lock.json"
    lock = CLIENTS / "package-lock.json"
    shutil.copytree(CLIENTS, folder, dirs_exist_ok=True)
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True)
        shutil.copy(lock, installed)
    shutil.copy(ROOT / "schema.graphql", folder)
    subprocess.run([npm, "run", "--silent", "relay"], cwd=folder, check=True)
    return folder


@pytest.fixture
def run(clients: Path, address: str) -> Script:
    """Runs a script of the folder against the server; what it prints. One that fails fails the test."""
    return lambda script: ran(clients, script, f"{address}/graphql")


def ran(folder: Path, *script: str) -> str:
    done = subprocess.run(["node", *script], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_server_passes_all_audits_of_graphql_over_http(run: Script) -> None:
    assert run("audits.mjs") == "61 of 61\n"


@pytest.mark.parametrize("script", ["apollo.mjs", "urql.mjs", "relay.mjs"])
def test_a_client_asks_pages_and_writes(script: str, run: Script) -> None:
    assert run(script).endswith("are as they should be.\n")


def test_relay_asks_a_server_that_trusts_what_was_compiled(clients: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "documents.json"
    collected = CliRunner().invoke(
        main, ["documents", "collect", f"{clients}/persisted.json", f"{clients}/login.graphql", "--out", f"{manifest}"]
    )
    assert collected.stdout == f"3 documents in {manifest}.\n"

    with serving(tmp_path, graphql_documents="trusted", graphql_manifest=str(manifest)) as address:
        assert ran(clients, "relay.mjs", f"{address}/graphql", "trusted").endswith("are as they should be.\n")
