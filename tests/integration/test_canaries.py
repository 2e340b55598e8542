"""The canaries do sing: a run in which a secret reaches the log fails and says where, whoever runs the test."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from socialfeed.testing.client import PASSWORD
from tests.canaries import Canaries

ROOT = Path(__file__).parents[2]

SECRETS = {
    "access token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "refresh token": "Ab-_" * 24,
    "password hash": "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
    "private key": "-----BEGIN PRIVATE KEY-----",
    "URL with a password": "redis://:hunter2@127.0.0.1:6379/0",
    "a password or the secret key": PASSWORD,
    "a one-time code": "271828",
}
HARMLESS = (
    "GET /api/users/me 200 12.4 ms 4b4d2718281d4c6c9ad5a2d3c4b5a697",
    "job mail_code for event 123271828123456789 is tried again later",
    "ready on PostgreSQL at [::1]:5432 and Valkey at redis://127.0.0.1:6379/0",
)


@pytest.fixture
def canaries() -> Canaries:
    canaries = Canaries()
    canaries.codes.add(SECRETS["a one-time code"])
    return canaries


def logged(
    canaries: Canaries, text: str, *, by: str = "socialfeed.somewhere", error: Exception | None = None
) -> list[str]:
    record = logging.LogRecord(by, logging.DEBUG, __file__, 1, "it was %r", (text,), None)
    if error is not None:
        record.exc_info = (type(error), error, None)
    canaries.handle(record)
    return [leak.what for leak in canaries.leaks]


@pytest.mark.parametrize("kind", SECRETS)
def test_each_kind_of_secret_is_known_in_a_line_and_in_the_text_of_an_error(canaries: Canaries, kind: str) -> None:
    assert logged(canaries, f"asked by {SECRETS[kind]} today") == [kind]
    canaries.leaks.clear()
    assert logged(canaries, "nothing", error=ValueError(f"no {SECRETS[kind]}")) == [kind]


@pytest.mark.parametrize("line", HARMLESS)
def test_ids_moments_and_addresses_are_no_secrets(canaries: Canaries, line: str) -> None:
    assert logged(canaries, line) == []


def test_a_number_of_somebody_elses_is_no_code_and_a_mail_server_may_show_mails(canaries: Canaries) -> None:
    assert logged(canaries, "271828 bytes", by="asyncio") == []
    assert logged(canaries, f"RCPT {PASSWORD}", by="mail.log") == []


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_run_that_logs_a_secret_fails_and_names_logger_and_test(tmp_path: Path, processes: str) -> None:
    careless = tmp_path / "test_careless.py"
    careless.write_text(
        "import logging\n"
        "def test_that_tells(): logging.getLogger('socialfeed.chatty').debug('in came %s', 'correct horse battery')\n"
        "def test_that_does_not(): pass\n"
    )
    # Each plugin that happens to be installed would be imported in each process.
    plugins = ["-p", "xdist", "-p", "tests.canaries", "-p", "no:cacheprovider"]
    options = [*plugins, "-n", processes, "--rootdir", str(tmp_path)]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-c", "/dev/null", str(careless)],
        cwd=ROOT,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )

    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    assert "2 passed" in run.stdout
    assert "test_careless.py::test_that_tells: socialfeed.chatty logged a password" in run.stdout
    assert "correct horse battery" not in run.stdout
