"""`socialfeed audit export`."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.domain.activity import Action, Activity, Outcome
from socialfeed.entrypoints.wire import rfc3339
from tests.commands import Run
from tests.integration.cli.activity_log import entries, fill, stored, tamper

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)

Export = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def export(run: Run, migrated_url: str) -> Export:
    def call(*arguments: str) -> list[dict[str, Any]]:
        result = run("audit", "export", *arguments, database_url=migrated_url)
        assert (result.exit_code, result.stderr) == (0, "")
        return [json.loads(line) for line in result.stdout_bytes.decode().split("\n")[:-1]]

    return call


def as_exported(entry: Activity) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "at": rfc3339(entry.at),
        "actorId": str(entry.actor_id) if entry.actor_id else None,
        "action": entry.action,
        "outcome": entry.outcome.value,
        "objectId": None if entry.object_id is None else str(entry.object_id),
        "address": entry.address,
        "details": dict(entry.details),
        "count": entry.count,
    }


def test_an_export_is_the_whole_log_newest_first_and_leaves_an_entry(export: Export, migrated_url: str) -> None:
    there = entries(2_000, BEGIN)
    fill(migrated_url, there)

    exported = export()

    assert exported == [as_exported(entry) for entry in reversed(there)]
    newest, *rest = stored(migrated_url)
    assert (newest.action, newest.address, newest.outcome) == (Action.ACTIVITY_EXPORT, "console", Outcome.DONE)
    assert [entry.id for entry in rest] == [entry.id for entry in reversed(there)]


def test_filters_leave_out_what_is_not_asked_for(export: Export, run: Run, migrated_url: str) -> None:
    run("create-superuser", "--username", "root", "--email", "root@example.org",
        database_url=migrated_url, superuser_password="correct horse battery")  # fmt: skip
    [root] = [
        json.loads(line) for line in run("users", "list", "--json", database_url=migrated_url).stdout.splitlines()
    ]
    of_before = {entry.id for entry in stored(migrated_url)}
    there = entries(120, BEGIN, actors=(7, int(root["id"])))
    fill(migrated_url, there)

    def expected(condition: Callable[[Activity], bool]) -> list[dict[str, Any]]:
        return [as_exported(entry) for entry in reversed(there) if condition(entry)]

    def exported(*arguments: str) -> list[dict[str, Any]]:
        until = rfc3339(BEGIN + timedelta(hours=1))
        return [entry for entry in export("--until", until, *arguments) if int(entry["id"]) not in of_before]

    since = BEGIN + timedelta(seconds=30)
    assert exported("--since", rfc3339(since)) == expected(lambda entry: entry.at >= since)
    assert export("--until", rfc3339(since)) == expected(lambda entry: entry.at < since)
    assert exported("--actor", "ROOT@example.org") == expected(lambda entry: entry.actor_id == int(root["id"]))
    assert exported("--action", "user:ban") == expected(lambda entry: entry.action is Action.USER_BAN)
    assert exported("--outcome", "denied") == expected(lambda entry: entry.outcome is Outcome.DENIED)
    assert exported("--actor", "root", "--action", "permission:deny", "--outcome", "denied") == expected(
        lambda entry: (
            entry.actor_id == int(root["id"])
            and entry.action is Action.PERMISSION_DENY
            and entry.outcome is Outcome.DENIED
        )
    )
    assert exported("--action", "user:unfollow") == []


def test_a_file_holds_what_would_be_printed_for_its_owner_only(
    export: Export, run: Run, migrated_url: str, tmp_path: Path
) -> None:
    fill(migrated_url, entries(1_200, BEGIN))
    until = rfc3339(BEGIN + timedelta(hours=1))
    printed = export("--until", until)

    result = run("audit", "export", "--until", until, "--out", "log.jsonl", database_url=migrated_url)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "log.jsonl has 1,200 entries.\n")
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == printed
    assert stat.S_IMODE((tmp_path / "log.jsonl").stat().st_mode) == 0o600


def test_an_export_that_fails_halfway_leaves_what_was_there(run: Run, migrated_url: str, tmp_path: Path) -> None:
    fill(migrated_url, entries(1_200, BEGIN))
    oldest = entries(1, BEGIN)[0].id
    tamper(migrated_url, f"UPDATE activity SET outcome = 'no:such' WHERE id = {oldest}")
    (folder := tmp_path / "exports").mkdir()
    (folder / "kept.jsonl").write_text("before")

    for name in ("new.jsonl", "kept.jsonl"):
        result = run("audit", "export", "--out", f"exports/{name}", database_url=migrated_url)
        assert result.exit_code == 1
        assert result.stderr.startswith("socialfeed: The log has an entry that this version cannot read: ")
        assert result.stderr.count("\n") == 1

    assert list(folder.iterdir()) == [folder / "kept.jsonl"]
    assert (folder / "kept.jsonl").read_text() == "before"


def test_an_unknown_actor_is_one_line_and_makes_no_file(run: Run, migrated_url: str, tmp_path: Path) -> None:
    result = run("audit", "export", "--actor", "nobody", "--out", "log.jsonl", database_url=migrated_url)

    assert (result.exit_code, result.stderr) == (1, "socialfeed: There is no account 'nobody'.\n")
    assert not [path for path in tmp_path.iterdir() if "log.jsonl" in path.name]
