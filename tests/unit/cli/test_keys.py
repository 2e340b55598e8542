import json
import re
from pathlib import Path

import pytest

from tests.commands import Run

KID = r"[A-Za-z0-9_-]{43}"
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def private_parts(path: Path) -> list[str]:
    return [key["d"] for key in json.loads(path.read_text())["keys"]]


def test_the_first_rotation_makes_the_file_and_says_which_key_signs(run: Run, tmp_path: Path) -> None:
    result = run("keys", "rotate", "--file", "made/keys.json")

    assert result.exit_code == 0
    assert re.fullmatch(rf"{KID} signs from {MOMENT}\n", result.stdout)
    assert (tmp_path / "made" / "keys.json").stat().st_mode & 0o777 == 0o600


def test_list_shows_which_key_signs_and_which_is_next(run: Run) -> None:
    first = run("keys", "rotate", signing_keys="keys.json").stdout.split()[0]
    second = run("keys", "rotate", signing_keys="keys.json").stdout.split()[0]

    lines = run("keys", "list", signing_keys="keys.json").stdout.splitlines()

    assert len(lines) == 2
    for line, kid, state in zip(lines, (first, second), ("signing", "next"), strict=True):
        assert re.fullmatch(rf"{kid}  {state} +made {MOMENT}, \d:\d\d:\d\d ago", line)


def test_a_retired_key_is_listed_as_such_until_prune_removes_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = run("keys", "rotate", signing_keys="keys.json").stdout.split()[0]
    second = run("keys", "rotate", signing_keys="keys.json").stdout.split()[0]
    stored = json.loads(path.read_text())
    for number, key in enumerate(stored["keys"]):
        key["created_at"] = key["signs_from"] = f"2026-01-0{number + 1}T00:00:00Z"
    path.write_text(json.dumps(stored))

    listed = run("keys", "list", signing_keys="keys.json").stdout
    pruned = run("keys", "prune", signing_keys="keys.json")

    assert re.search(rf"^{first}  retired ", listed, re.MULTILINE)
    assert re.search(rf"^{second}  signing ", listed, re.MULTILINE)
    assert (pruned.exit_code, pruned.stdout) == (0, f"{first} was retired and is removed\n")
    assert run("keys", "prune", signing_keys="keys.json").stderr == "No key is retired.\n"
    assert run("keys", "list", signing_keys="keys.json").stdout.split()[0] == second


def test_no_command_shows_a_private_key(run: Run, tmp_path: Path) -> None:
    shown = [run("keys", command, signing_keys="keys.json").output for command in ("rotate", "rotate", "list", "prune")]

    for private in private_parts(tmp_path / "keys.json"):
        assert private not in "".join(shown)


@pytest.mark.parametrize("command", ["rotate", "list", "prune"])
def test_the_file_must_be_named(run: Run, command: str) -> None:
    result = run("keys", command)

    assert result.exit_code == 2
    assert "--file" in result.stderr
    assert "SOCIALFEED_SIGNING_KEYS" in result.stderr


@pytest.mark.parametrize("command", ["rotate", "list", "prune"])
def test_a_damaged_file_is_told_in_one_line_and_kept(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "keys.json").write_text("something else")

    result = run("keys", command, signing_keys="keys.json")

    assert result.exit_code == 2
    assert re.fullmatch(r"socialfeed: keys\.json is no file of signing keys: .+\n", result.stderr)
    assert (tmp_path / "keys.json").read_text() == "something else"


@pytest.mark.parametrize("command", ["list", "prune"])
def test_a_missing_file_is_told_in_one_line(run: Run, command: str) -> None:
    result = run("keys", command, signing_keys="nowhere/keys.json")

    assert result.exit_code == 1
    assert re.fullmatch(r"socialfeed: .*No such file or directory: .*nowhere.*\n", result.stderr)


def test_a_server_does_not_start_without_the_keys_it_is_told_to_sign_with(run: Run) -> None:
    arguments = ("create-superuser", "--username", "root", "--email", "root@example.org")
    result = run(
        *arguments, database_url="memory://", superuser_password="long enough", signing_keys="nowhere/keys.json"
    )

    assert result.exit_code == 2
    assert result.stderr.startswith("socialfeed: SOCIALFEED_SIGNING_KEYS: nowhere/keys.json: No such file")
    assert "socialfeed keys rotate" in result.stderr
