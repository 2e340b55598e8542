"""Migrations: up, down and up again, alike on both databases, and equal to the tables the statements are made of."""

import asyncio
import re
from importlib import import_module
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from socialfeed.adapters.sql import migrate, migrations
from socialfeed.adapters.sql.schema import HEAD
from socialfeed.adapters.sql.tables import comment_counters, metadata, users
from socialfeed.adapters.sql.tables.search import IN_ONE_DATABASE_ONLY
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import unix_ms
from socialfeed.domain.ranking import hot
from socialfeed.testing.builders import Builder
from tests.integration.sql.conftest import opener

# SQLite does not tell what an index is of where that is no column; `test_reads` shows that it is used.
pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")


@pytest.fixture
def url(empty_url: str) -> str:
    return empty_url


def is_whole(name: str | None, kind: str, _parents: Any) -> bool:
    """Not a partition: those are made as time goes by; nor what one of the databases has alone."""
    if name in IN_ONE_DATABASE_ONLY:
        return False
    return kind != "table" or name is None or not re.fullmatch(r"activity_(\d{4}_\d\d|default)", name)


def differences(url: str) -> list[object]:
    with migrations.connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_whole})
        return list(compare_metadata(context, metadata))


def tables(url: str) -> set[str]:
    with migrations.connected(url) as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {name for name in names if is_whole(name, "table", {})}


async def test_migrations_make_the_tables_that_statements_use(url: str) -> None:
    await migrate(url)
    assert differences(url) == []
    assert migrations.current(url) == HEAD


def test_up_down_up(url: str) -> None:
    revisions = [script.revision for script in ScriptDirectory(migrations.FOLDER).walk_revisions()][::-1]
    for revision in revisions:
        migrations.upgrade(url, revision)
        assert migrations.current(url) == revision
    assert tables(url) == set(metadata.tables)
    for revision in [*revisions[-2::-1], "base"]:
        migrations.downgrade(url, revision)
    assert tables(url) == set()
    migrations.upgrade(url)
    assert differences(url) == []


def test_processes_of_the_last_release_store_codes_where_they_did(url: str) -> None:
    migrations.upgrade(url, "0001")
    with migrations.connected(url) as connection:
        at = "0" if connection.dialect.name == "sqlite" else "now()"
        user = f"INSERT INTO users VALUES (1, 'ada', 'ada', 'a@example.org', '', '', '', '', {at}, 'unverified', '')"
        code = f"INSERT INTO codes (user_id, id, code_hash, expires_at, tries) VALUES (1, 2, 'hash', {at}, 0)"
        for statement in (user, code):
            connection.exec_driver_sql(statement)
        connection.commit()
    migrations.upgrade(url)
    with migrations.connected(url) as connection:
        renewed = f"{code} ON CONFLICT (user_id) DO UPDATE SET tries = codes.tries + 1"
        connection.exec_driver_sql(renewed)
        assert connection.exec_driver_sql("SELECT user_id, tries FROM codes").all() == [(1, 1)]
        connection.rollback()


def test_processes_of_the_last_release_register_accounts_as_they_did(url: str) -> None:
    migrations.upgrade(url)
    with migrations.connected(url) as connection:
        at = "0" if connection.dialect.name == "sqlite" else "now()"
        names = (
            "id, username, username_key, email, password_hash, first_name, last_name, bio, created_at, status, roles"
        )
        values = f"1, 'ada', 'ada', 'a@example.org', '', '', '', '', {at}, 'unverified', 'user'"
        connection.exec_driver_sql(f"INSERT INTO users ({names}) VALUES ({values})")
        connection.exec_driver_sql("UPDATE users SET status = 'active' WHERE id = 1")
        stored = connection.execute(select(users.c.is_private, users.c.locale, users.c.erase_at))
        assert stored.all() == [(False, "en", None)]
        connection.rollback()


def test_comments_of_the_last_release_are_counted_whenever_they_were_written(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some before the migration, more than it takes at once, and some by processes that go on meanwhile."""
    revision = import_module("socialfeed.adapters.sql.migrations.versions.v0007_liked_and_hidden_comments")
    monkeypatch.setattr(revision, "_AT_ONCE", 2)
    make = Builder()
    ids = [make.ids.comment() for _ in range(7)]

    def write(comment_id: int) -> None:
        at = "0" if url.startswith("sqlite:") else "now()"
        columns = "id, post_id, author_id, parent_id, depth, content, created_at"
        with migrations.connected(url) as connection:
            connection.exec_driver_sql(
                f"INSERT INTO comments ({columns}) VALUES ({comment_id}, 1, 2, 3, 0, 'text', {at})"
            )
            connection.commit()

    migrations.upgrade(url, "0006")
    for comment_id in ids[:5]:
        write(comment_id)
    migrations.upgrade(url)
    for comment_id in ids[5:]:
        write(comment_id)
    with migrations.connected(url) as connection:
        counted = connection.execute(select(comment_counters).order_by(comment_counters.c.comment_id))
        assert counted.all() == [(comment_id, 3, 0, hot(unix_ms(comment_id), 0)) for comment_id in ids]


def test_a_migration_that_was_interrupted_while_it_built_an_index_can_be_run_again(postgres_url: str) -> None:
    """Two accounts that are in the way of the index stop it as late as can be."""
    migrations.upgrade(postgres_url, "0002")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for user in (1, 2):
            connection.execute(
                "INSERT INTO users VALUES (%s, %s, %s, 'a@example.org', '', '', '', '', now(), 'banned', '')",
                [user, f"name_{user}", f"name_{user}"],
            )
        with pytest.raises(IntegrityError, match="uq_users_proven_email"):
            migrations.upgrade(postgres_url)
        assert migrations.current(postgres_url) == "0002"
        connection.execute("DELETE FROM users WHERE id = 2")
    migrations.upgrade(postgres_url)
    assert differences(postgres_url) == []
    with psycopg.connect(postgres_url) as connection:
        invalid = connection.execute("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid").fetchall()
        assert invalid == []
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(
                "INSERT INTO users VALUES (3, 'eva', 'eva', 'a@example.org', '', '', '', '', now(), 'active', '')"
            )


def test_the_version_this_release_needs_is_the_newest_migration() -> None:
    scripts = ScriptDirectory(migrations.FOLDER)
    assert scripts.get_heads() == [HEAD]
    assert all(len(script.revision) == 4 and script.revision.isdigit() for script in scripts.walk_revisions())


async def test_migrating_twice_or_at_once_is_as_good_as_once(url: str) -> None:
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    await migrate(url)
    assert differences(url) == []


async def test_without_tables_the_storage_opens_but_is_not_ready(url: str, context: AdapterContext) -> None:
    async with opener(url)(url, context) as storage:
        with pytest.raises(Unavailable, match=r"^\S+ at \S+ has no tables yet: run `socialfeed migrate`\.$"):
            await storage.check()
        await migrate(url)
        await storage.check()


@pytest.mark.parametrize(("revision", "serves"), [("0000", False), ("9999", True)])
async def test_an_older_schema_does_not_serve_and_a_newer_one_does(
    url: str, context: AdapterContext, revision: str, serves: bool
) -> None:
    await migrate(url)
    with migrations.connected(url) as connection:
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        connection.commit()
    async with opener(url)(url, context) as storage:
        if serves:
            await storage.check()
        else:
            with pytest.raises(
                Unavailable, match=f"has schema 0000, this version needs {HEAD}: run `socialfeed migrate`"
            ):
                await storage.check()
