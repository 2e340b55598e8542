"""Commands that do something and end."""

import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from socialfeed.entrypoints.cli.demo import DEMO_LOGIN
from tests.commands import Run
from tests.integration.cli.conftest import PROGRAM, bare_environment

TABLES = ("users", "follows", "posts", "comments", "likes", "shares")
SMALL = ("--users", "30", "--posts", "60")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'feed.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url) as server:
        return server.execute(query).fetchall()


def test_seeding_makes_the_rows_it_says_and_counters_that_equal_them(run: Run, database: str) -> None:
    assert run("migrate", database_url=database).exit_code == 0

    result = run("seed", *SMALL, database_url=database)

    assert (result.exit_code, result.stdout) == (0, "1,275 rows made: 30 people with 60 posts.\n"), result.stderr
    assert [rows(database, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES] == [30, 435, 60, 120, 600, 30]
    for noun in ("likes", "comments", "shares"):
        counted = f"(SELECT count(*) FROM {noun} WHERE {noun}.post_id = post_counters.post_id)"
        assert rows(database, f"SELECT post_id FROM post_counters WHERE {noun} <> {counted}") == []
    for noun, table, column in (
        ("posts", "posts", "author_id"),
        ("followers", "follows", "followee_id"),
        ("following", "follows", "follower_id"),
    ):
        counted = f"(SELECT count(*) FROM {table} WHERE {table}.{column} = user_counters.user_id)"
        assert rows(database, f"SELECT user_id FROM user_counters WHERE user_counters.{noun} <> {counted}") == []
    assert rows(database, "SELECT count(*) FROM post_counters") == [(60,)]
    assert rows(database, "SELECT count(*) FROM trending_posts") != [(0,)]


@pytest.mark.parametrize("with_redis", [False, True], ids=["no redis", "redis"])
def test_the_doctor_finds_nothing_wrong_right_after_seeding(
    run: Run, database: str, redis_url: str, with_redis: bool
) -> None:
    settings = {"database_url": database, "redis_url": redis_url if with_redis else ""}
    assert run("migrate", **settings).exit_code == 0
    assert run("seed", *SMALL, **settings).exit_code == 0

    result = run("doctor", "--all", **settings)

    assert result.exit_code == 0, result.stdout
    assert "wrong" not in result.stdout


def test_seeding_shows_each_part_and_says_no_to_a_second_time(run: Run) -> None:
    run("migrate")

    first = run("seed", *SMALL)
    second = run("seed", *SMALL)

    assert re.findall(r"^([a-z]+) +[\d,]+ +\d+\.\d s$", first.stderr, re.MULTILINE) == [*TABLES, "compared", "trending"]
    assert second.exit_code == 1
    assert second.stderr == ("socialfeed: there is a population in this sqlite database already; seed another one\n")


def test_the_same_seed_and_moment_make_the_same_rows(run: Run, tmp_path: Path) -> None:
    everything = []
    for name in ("a", "b"):
        url = f"sqlite:///{tmp_path / name}"
        run("migrate", database_url=url)
        run("seed", *SMALL, "--seed", "7", "--until", "2026-11-20T12:00:00", database_url=url)
        everything.append([rows(url, f"SELECT id, created_at FROM {table} ORDER BY 1") for table in TABLES])

    assert everything[0] == everything[1]
    assert all(everything[0])


def test_a_seeding_that_is_killed_leaves_nothing(run: Run, database: str) -> None:
    run("migrate", database_url=database)
    process = subprocess.Popen(
        [PROGRAM, "seed", "--users", "300", "--posts", "3000", "--likes", "200000"],
        env=bare_environment(database_url=database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("posts"):
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert [rows(database, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES] == [0] * 6
    assert run("seed", *SMALL, database_url=database).exit_code == 0


def test_the_demo_is_made_once(run: Run) -> None:
    run("migrate")

    first, second = run("demo"), run("demo")

    assert (first.stdout, first.stderr) == (f"{DEMO_LOGIN}\n", "Demo data made.\n")
    assert (second.stdout, second.stderr) == (f"{DEMO_LOGIN}\n", "Demo data is there.\n")


def test_migrating_twice_does_nothing_the_second_time(run: Run, database: str) -> None:
    assert run("migrate", database_url=database).exit_code == 0
    assert run("migrate", database_url=database).exit_code == 0
    assert rows(database, "SELECT count(*) FROM users") == [(0,)]


def test_migrating_names_the_variable_of_a_server_that_does_not_answer(run: Run) -> None:
    result = run("migrate", database_url="postgresql://someone:hush@127.0.0.1:1/nowhere")

    assert result.exit_code == 1
    assert result.stderr.startswith("socialfeed: SOCIALFEED_DATABASE_URL: ")
    assert "hush" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_superuser_is_an_active_admin_and_a_name_is_taken_once(run: Run, tmp_path: Path) -> None:
    run("migrate")
    arguments = ("create-superuser", "--username", "root", "--email", "root@example.org")

    first = run(*arguments, superuser_password="correct horse battery")
    second = run(*arguments[:-1], "other@example.org", superuser_password="correct horse battery")

    assert (first.exit_code, first.stdout) == (0, "root may do everything.\n"), first.stderr
    assert (second.exit_code, second.stderr) == (1, "socialfeed: This username is taken.\n")
    database = f"sqlite:///{tmp_path / 'var' / 'socialfeed.sqlite3'}"
    [(username, status, roles)] = rows(database, "SELECT username, status, roles FROM users")
    assert (username, status) == ("root", "active")
    assert "admin" in roles


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    run: Run, tmp_path: Path, terminal: tuple[int, int]
) -> None:
    run("migrate")
    ours, theirs = terminal
    process = subprocess.Popen(
        [PROGRAM, "create-superuser"],
        cwd=tmp_path,
        env=bare_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    shown = ""
    for question, answer in (
        ("Username: ", "ada"),
        ("Email: ", "ada@example.org"),
        ("Password: ", "correct horse battery"),
        ("Repeat for confirmation: ", "correct horse battery"),
    ):
        while question not in shown:
            assert select.select([ours], [], [], 30)[0], shown
            shown += os.read(ours, 4096).decode()
        os.write(ours, f"{answer}\n".encode())

    assert process.wait(timeout=30) == 0
    while select.select([ours], [], [], 0)[0]:
        shown += os.read(ours, 4096).decode()
    assert "ada may do everything." in shown
    assert "horse" not in shown
