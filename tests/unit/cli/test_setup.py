from pathlib import Path

from graphql import build_schema

from socialfeed.entrypoints.cli.setup import PASSWORD_VARIABLE
from tests.commands import Run


def test_schema_prints_the_sdl_and_nothing_else(run: Run) -> None:
    result = run("schema")

    assert result.stderr == ""
    assert build_schema(result.stdout).query_type is not None


def test_schema_writes_a_file(run: Run, tmp_path: Path) -> None:
    result = run("schema", "--out", "api.graphql")

    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "api.graphql").read_text(encoding="utf-8") == run("schema").stdout


def test_memory_needs_no_migration(run: Run) -> None:
    result = run("migrate", database_url="memory://")

    assert result.exit_code == 0
    assert "not migrated" in result.stderr


def test_a_superuser_without_a_terminal_needs_the_password_from_the_environment(run: Run) -> None:
    result = run("create-superuser", "--username", "root", "--email", "root@example.org", database_url="memory://")

    assert result.exit_code == 2
    assert PASSWORD_VARIABLE in result.stderr


def test_a_superuser_s_password_has_the_same_rules_as_any_other(run: Run) -> None:
    arguments = ("create-superuser", "--username", "root", "--email", "root@example.org")
    result = run(*arguments, database_url="memory://", superuser_password="short")

    assert (result.exit_code, result.stderr) == (2, "socialfeed: password: At least 8 characters, please.\n")


def test_a_superuser_is_made(run: Run) -> None:
    arguments = ("create-superuser", "--username", "root", "--email", "root@example.org")
    result = run(*arguments, database_url="memory://", superuser_password="long enough")

    assert (result.exit_code, result.output) == (0, "root may do everything.\n")
