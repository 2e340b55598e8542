from pathlib import Path

import click
import pytest

from socialfeed.domain.errors import Invalid, Unavailable, UsernameTaken
from socialfeed.entrypoints.cli import main
from tests.commands import Run

SECRET = "a-secret-of-production-that-nobody-else-knows"


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["serve"], {"environment": "production"}, "SOCIALFEED_SECRET_KEY must be set in production"),
        (["serve"], {"environment": "staging"}, "SOCIALFEED_ENVIRONMENT: "),
        (["serve"], {"log_level": "loud"}, "SOCIALFEED_LOG_LEVEL: 'loud' is not one of critical, debug, "),
        (["migrate"], {"database_url": "mongo://here"}, "SOCIALFEED_DATABASE_URL: no adapter for the scheme 'mongo'"),
        (["demo"], {"database_url": "mongo://here"}, "SOCIALFEED_DATABASE_URL: no adapter for the scheme 'mongo'"),
        (["demo"], {"database_url": "memory://"}, "is gone when it ends; see socialfeed serve --demo"),
        (["seed"], {"database_url": "memory://"}, "is gone when it ends; see socialfeed serve --demo"),
        (["seed", "--users", "3", "--follows", "7"], {}, "leave room for 6 follows at most"),
        (["serve", "--workers", "2"], {"database_url": "memory://"}, "a memory:// database lives in one process"),
        (["serve", "--host", "no such host"], {}, "--host: 'no such host' is not an address of this machine"),
        (["worker"], {"rate_limit": "often"}, "SOCIALFEED_RATE_LIMIT: "),
    ],
)
def test_a_wrong_setting_is_one_line_and_exit_code_2(
    run: Run, arguments: list[str], settings: dict[str, str], said: str
) -> None:
    result = run(*arguments, **settings)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert result.stderr.startswith("socialfeed: ")
    assert result.stderr.count("\n") == 1


def test_a_server_that_does_not_answer_is_one_line_and_exit_code_1(run: Run) -> None:
    result = run("demo", database_url="postgresql://user:hush@127.0.0.1:1/nowhere")

    assert result.exit_code == 1
    assert result.stderr.startswith("socialfeed: SOCIALFEED_DATABASE_URL: ")
    assert result.stderr.count("\n") == 1
    assert "hush" not in result.stderr


def test_a_database_that_is_not_migrated_names_the_cure(run: Run) -> None:
    result = run("demo")

    assert result.exit_code == 1
    assert "socialfeed migrate" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (Invalid("At least 8 characters, please.", field="password"), 2, "password: At least 8 characters, please."),
        (UsernameTaken(), 1, "This username is taken."),
        (Unavailable("one\n  two"), 1, "one two"),
        (PermissionError(13, "Permission denied", "var"), 1, "[Errno 13] Permission denied: 'var'"),
        (KeyError("lost"), 1, "unexpected KeyError: 'lost' (socialfeed --debug … shows where)"),
    ],
)
def test_errors_are_told_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, line: str
) -> None:
    @click.command()
    def fail() -> None:
        raise error

    monkeypatch.setitem(main.commands, "fail", fail)

    result = run("fail")

    assert (result.exit_code, result.stderr) == (code, f"socialfeed: {line}\n")


def test_debug_shows_the_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def fail() -> None:
        raise KeyError("lost")

    monkeypatch.setitem(main.commands, "fail", fail)

    assert isinstance(run("--debug", "fail").exception, KeyError)


def test_a_mistyped_option_is_explained(run: Run) -> None:
    result = run("serve", "--prot", "80")

    assert result.exit_code == 2
    assert "No such option '--prot'" in result.stderr


def test_a_production_start_with_a_secret_of_its_own_gets_past_the_settings(run: Run, tmp_path: Path) -> None:
    result = run("demo", environment="production", secret_key=SECRET)

    assert "socialfeed migrate" in result.stderr
