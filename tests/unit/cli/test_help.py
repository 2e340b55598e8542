import re

import click
import pytest
from click.testing import CliRunner

from socialfeed import __version__
from socialfeed.entrypoints.cli import main
from socialfeed.entrypoints.cli.setup import PASSWORD_VARIABLE
from socialfeed.settings import Settings

COMMANDS = {
    "serve", "worker", "migrate", "demo", "seed", "create-superuser", "users", "audit", "search", "cache", "jobs",
    "keys", "doctor", "schema", "documents",
}  # fmt: skip
GROUPS = {
    "audit": {"export"},
    "cache": {"stats", "warm", "flush", "rebuild"},
    "documents": {"collect"},
    "jobs": {"parked"},
    "keys": {"rotate", "list", "prune"},
    "search": {"rebuild"},
    "users": {"list", "show", "ban", "unban", "grant", "revoke", "sessions"},
}
GROUPED = {f"{group} {name}" for group, names in GROUPS.items() for name in names}
VARIABLES = {f"SOCIALFEED_{name.upper()}" for name in Settings.model_fields} | {PASSWORD_VARIABLE}


def help_of(*command: str) -> str:
    result = CliRunner().invoke(main, [*command, "--help"], terminal_width=120)
    assert result.exit_code == 0
    return result.output


def test_the_overview_names_every_command_with_what_it_does() -> None:
    overview = help_of()

    assert set(main.commands) == COMMANDS
    for name, command in main.commands.items():
        assert f"{name} " in overview
        assert command.get_short_help_str(100) in overview
        assert not command.get_short_help_str(100).endswith("...")


def found(name: str) -> click.Command:
    command: click.Command = main
    for part in name.split():
        assert isinstance(command, click.Group)
        command = command.commands[part]
    return command


@pytest.mark.parametrize("name", GROUPS)
def test_the_help_of_a_group_names_each_of_its_commands(name: str) -> None:
    group = found(name)

    assert isinstance(group, click.Group)
    assert set(group.commands) == GROUPS[name]
    for command in group.commands.values():
        assert command.get_short_help_str(100) in help_of(name)
        assert not command.get_short_help_str(100).endswith("...")


def test_there_is_no_group_without_a_list_of_its_commands() -> None:
    assert {name for name in COMMANDS if isinstance(found(name), click.Group)} == set(GROUPS)


@pytest.mark.parametrize("name", sorted(COMMANDS | GROUPED))
def test_each_help_says_which_settings_matter_and_shows_an_example(name: str) -> None:
    text = help_of(*name.split())

    assert re.search(r"^  Examples?:$", text, re.MULTILINE)
    assert f"socialfeed {name}" in text.split("Example", 1)[1]
    if name != "schema":
        assert "Settings:" in text
    options = [option for option in found(name).params if isinstance(option, click.Option)]
    assert all(option.help for option in options)


@pytest.mark.parametrize("name", ["", *sorted(COMMANDS | GROUPED)])
def test_help_names_no_setting_that_does_not_exist(name: str) -> None:
    named = set(re.findall(r"SOCIALFEED_[A-Z_]+", help_of(*name.split())))

    assert named <= VARIABLES


def test_the_version_is_the_package_s_own() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"socialfeed, version {__version__}\n"
