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
        (["serve"], {"graphql_documents": "mine"}, "SOCIALFEED_GRAPHQL_DOCUMENTS: "),
        (["serve"], {"graphql_documents": "trusted"}, "SOCIALFEED_GRAPHQL_MANIFEST must name the documents to trust"),
        (["serve"], {"graphql_manifest": "none.json"}, "SOCIALFEED_GRAPHQL_MANIFEST: none.json: No such file"),
        (
            ["serve"],
            {"graphql_manifest": "/dev/null"},
            "SOCIALFEED_GRAPHQL_MANIFEST: /dev/null is no manifest of docum",
        ),
        (["users", "list"], {"database_url": "memory://"}, "lives within its server, where no command reaches it"),
        (["audit", "export"], {"database_url": "memory://"}, "lives within its server, where no command reaches it"),
        (["users", "grant", "ada", "--permission", "user:bann"], {}, "'user:bann'; close to it: user:ban"),
        (["users", "revoke", "ada", "--permission", "nothing"], {}, "There is no permission 'nothing'."),
        (["users", "ban", "ada", "--reason", " "], {}, "--reason: Say why, please."),
        (["audit", "export", "--action", "ban"], {}, "There is no action 'ban'; close to it: user:ban, user:unban"),
        (["audit", "export", "--since", "2026-11-02", "--until", "2026-11-01"], {}, "--since must be before --until."),
        (["audit", "export", "--out", "/dev/null"], {}, "/dev/null is there and is not a file."),
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["users", "grant", "ada"], "Give either --role or --permission."),
        (["users", "revoke", "ada", "--role", "user", "--permission", "user:ban"], "Give either --role or "),
        (["users", "grant", "ada", "--role", "user", "--for", "7d"], "A role has no end"),
        (["users", "grant", "ada", "--permission", "user:ban", "--for", "7d", "--until", "2030-01-01"], "give one"),
        (["users", "grant", "ada", "--permission", "user:ban", "--for", "0d"], "'0d' is not a span of time like 30m"),
        (["users", "list", "--status", "sleeping"], "'sleeping' is not one of 'unverified', 'active'"),
        (["users", "list", "--limit", "0"], "0 is not in the range"),
        (["users", "ban", "ada"], "Missing option '--reason'"),
        (["audit", "export", "--since", "yesterday"], "'yesterday' is not a moment like 2026-11-21"),
        (["audit", "export", "--outcome", "fine"], "'fine' is not one of 'done', 'refused', 'denied', 'limited'"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_opened(
    run: Run, tmp_path: Path, arguments: list[str], said: str
) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


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


def test_a_reader_that_goes_away_ends_a_command_without_a_word(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def fail() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setitem(main.commands, "fail", fail)

    result = run("fail")

    assert (result.exit_code, result.stderr) == (1, "")


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
