"""`socialfeed doctor`."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from click.testing import Result

from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import given_posts, given_users, like
from tests.commands import Run
from tests.integration.cli.activity_log import entries, fill, opened, tamper

BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)
PART_OF_7 = [entry for entry in entries(30, BEGIN) if entry.actor_id == 7]


def said(result: Result, about: str) -> list[str]:
    """What each line about something says."""
    lines = [line for line in result.stdout.splitlines() if line.startswith(f"{about}  ")]
    return [line.removeprefix(about).strip() for line in lines]


def test_where_all_is_well_each_line_says_ok(run: Run, migrated_url: str) -> None:
    fill(migrated_url, entries(1_300, BEGIN))

    result = run("doctor", database_url=migrated_url)

    assert (result.exit_code, result.stderr) == (0, ""), result.stdout
    for part in ("settings", "database", "broker", "mail", "media"):
        assert said(result, part) == ["ok"]
    assert said(result, "activity log") == ["ok, entries: 1,300, chains: 3"]
    assert said(result, "counters") == ["ok, posts: 0, drifted: 0"]
    assert said(result, "log months") == []
    assert said(result, "redis") == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            f"UPDATE activity SET outcome = 'limited' WHERE id = {PART_OF_7[1].id}",
            f"actor 7: entry 2 ({PART_OF_7[1].id}) was changed",
        ),
        (
            f"UPDATE activity SET object_id = 99 WHERE id = {PART_OF_7[0].id}",
            f"actor 7: entry 1 ({PART_OF_7[0].id}) was changed",
        ),
        (f"DELETE FROM activity WHERE id = {PART_OF_7[1].id}", "actor 7: entry 2 is missing before 3"),
        (f"DELETE FROM activity WHERE id = {PART_OF_7[-1].id}", "actor 7: the chain ends at 9, not at 10"),
        ("DELETE FROM activity WHERE actor_id = 7", "actor 7: the chain ends at 0, not at 10"),
        ("DELETE FROM activity_chains WHERE actor_id = 7", "actor 7: the chain has no end on record"),
        (
            f"UPDATE activity SET details = 'no json' WHERE id = {PART_OF_7[1].id}",
            "an entry cannot be read: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            f"UPDATE activity SET details = '[]' WHERE id = {PART_OF_7[1].id}",
            "an entry cannot be read: ",
        ),
    ],
)
def test_what_was_done_to_the_log_behind_our_back_is_named(
    run: Run, migrated_url: str, statement: str, finding: str
) -> None:
    fill(migrated_url, entries(30, BEGIN))
    assert run("doctor", database_url=migrated_url).exit_code == 0

    tamper(migrated_url, statement)

    result = run("doctor", database_url=migrated_url)
    assert result.exit_code == 1
    [line] = said(result, "activity log")
    assert line.startswith(finding)


@pytest.mark.parametrize("position", [0, -3, 10])
def test_an_entry_that_was_put_beside_the_chains_shows(run: Run, migrated_url: str, position: int) -> None:
    fill(migrated_url, entries(30, BEGIN))
    forged = (
        "INSERT INTO activity (id, actor_id, position, action, outcome, address, details, count, hash)"
        f" SELECT id + 1, actor_id, {position}, action, outcome, address, details, count, hash FROM activity"
        " WHERE position = 10 AND actor_id = 7"
    )
    tamper(migrated_url, forged)

    result = run("doctor", database_url=migrated_url)

    assert result.exit_code == 1
    assert said(result, "activity log") != []


def test_many_breaks_are_counted(run: Run, migrated_url: str) -> None:
    fill(migrated_url, entries(90, BEGIN, actors=(7,)))
    tamper(migrated_url, "UPDATE activity SET count = 99")

    result = run("doctor", database_url=migrated_url)

    lines = said(result, "activity log")
    assert (result.exit_code, len(lines), lines[-1]) == (1, 21, "… and 70 more")


def test_a_database_without_tables_is_wrong_and_names_the_cure(run: Run) -> None:
    result = run("doctor")

    assert result.exit_code == 1
    assert said(result, "database")[0].endswith("has no tables yet: run `socialfeed migrate`.")
    assert said(result, "activity log") == said(result, "trending") == ["not checked, as the database comes first"]
    assert said(result, "mail") == ["ok"]


def test_what_is_away_hides_nothing_else(run: Run, migrated_url: str, tmp_path: Path) -> None:
    fill(migrated_url, entries(30, BEGIN))
    (tmp_path / "file").touch()

    result = run(
        "doctor",
        database_url=migrated_url,
        redis_url="redis://:hush@127.0.0.1:1",
        broker_url="amqp://user:hush@127.0.0.1:1",
        mail_url="smtp://user:hush@127.0.0.1:1",
        media_url=(tmp_path / "file" / "media").as_uri(),
        signing_keys=str(tmp_path / "keys.json"),
    )

    assert result.exit_code == 1
    assert said(result, "settings") == said(result, "database") == ["ok"]
    for part in ("redis", "broker", "mail", "media"):
        [line] = said(result, part)
        assert line.startswith(f"SOCIALFEED_{part.upper()}_URL: ")
    assert said(result, "signing keys")[0].startswith("SOCIALFEED_SIGNING_KEYS: ")
    assert said(result, "activity log")[0].startswith("ok")
    assert "hush" not in result.stdout + result.stderr


def test_wrong_settings_are_the_only_finding(run: Run) -> None:
    result = run("doctor", rate_limit="often")

    assert (result.exit_code, result.stdout.count("\n")) == (1, 1)
    assert said(result, "settings")[0].startswith("SOCIALFEED_RATE_LIMIT: ")


def test_on_postgres_months_that_run_out_are_a_warning(run: Run, postgres_url: str) -> None:
    assert run("migrate", database_url=postgres_url).exit_code == 0
    assert said(run("doctor", database_url=postgres_url), "log months") == []
    with psycopg.connect(postgres_url) as server:
        months = server.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'activity'::regclass ORDER BY 1"
        ).fetchall()
        for (name,) in months[4:-1]:  # Last month, this one and two more stay, and the default.
            server.execute(f"DROP TABLE {name}".encode())
    fill(postgres_url, entries(1, datetime(2024, 6, 1, tzinfo=UTC)))

    result = run("doctor", database_url=postgres_url)

    assert result.exit_code == 0
    assert said(result, "log months") == [
        "warning: the log has partitions for 2 months ahead: `socialfeed migrate` makes those of 24",
        "warning: the default partition of the log holds entries, which cannot be dropped month by month",
    ]
    assert said(result, "activity log") == ["ok, entries: 1, chains: 1"]
    assert run("migrate", database_url=postgres_url).exit_code == 0
    assert len(said(run("doctor", database_url=postgres_url), "log months")) == 1


def test_counters_that_drifted_are_named_and_repaired(run: Run, migrated_url: str) -> None:
    make = Builder()
    ada, bob = make.user(), make.user()
    posts = [make.post(ada) for _ in range(25)]

    async def write() -> None:
        async with opened(migrated_url) as storage:
            await given_users(storage, ada, bob)
            await given_posts(storage, *posts)
            await like(storage, make.like(posts[0], bob))

    asyncio.run(write())
    assert said(run("doctor", database_url=migrated_url), "counters") == ["ok, posts: 25, drifted: 0"]
    tamper(migrated_url, "UPDATE post_counters SET likes = 7, shares = 2")

    result = run("doctor", database_url=migrated_url)
    lines = said(result, "counters")
    assert (result.exit_code, len(lines)) == (1, 22)
    assert lines[0] == f"post {posts[0].id}: 1 likes, not 7, 0 shares, not 2"
    assert lines[-2:] == ["… and 5 more", "wrong, posts: 25, drifted: 25"]

    result = run("doctor", "--repair", database_url=migrated_url)
    assert result.exit_code == 0
    assert said(result, "counters")[-1] == "ok, posts: 25, drifted: 25"
    assert said(run("doctor", database_url=migrated_url), "counters") == ["ok, posts: 25, drifted: 0"]


def test_documents_of_the_manifest_that_the_schema_does_not_have_are_named(run: Run, migrated_url: str) -> None:
    texts = ["{ me { id } }", "{ me { shoeSize } }"]
    by_hash = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts}
    for name, documents in (("good", dict([*by_hash.items()][:1])), ("old", by_hash)):
        Path(f"{name}.json").write_text(json.dumps(documents))

    good = run("doctor", database_url=migrated_url, graphql_manifest="good.json")
    old = run("doctor", database_url=migrated_url, graphql_manifest="old.json")
    gone = run("doctor", database_url=migrated_url, graphql_manifest="gone.json")

    assert (good.exit_code, said(good, "documents")) == (0, ["ok, trusted: 1"])
    [line] = said(old, "documents")
    assert (old.exit_code, line.split(": ", 1)[1]) == (1, "Cannot query field 'shoeSize' on type 'User'.")
    assert line.startswith([*by_hash][1][:12])
    [line] = said(gone, "documents")
    assert (gone.exit_code, line[:51]) == (1, "SOCIALFEED_GRAPHQL_MANIFEST: gone.json: No such fil")
