"""The services the tests run on are themselves worth a test: each answers, and nobody sees another's data."""

import psycopg
from redis import Redis

from tests.services.postgres import Databases


def test_each_database_is_new_and_empty(postgres_url: str, databases: Databases) -> None:
    other = databases.create()
    for url in (postgres_url, other):
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t (n int)")
    assert postgres_url != other
    databases.drop(other)


def test_a_database_can_be_copied_from_a_template(databases: Databases) -> None:
    template = databases.create()
    with psycopg.connect(template) as connection:
        connection.execute("CREATE TABLE t AS SELECT 42 AS n")
    copy = databases.create(template)
    with psycopg.connect(copy) as connection:
        assert connection.execute("SELECT n FROM t").fetchone() == (42,)


def test_the_shared_store_answers(redis_server: str, redis_prefix: str) -> None:
    with Redis.from_url(redis_server, decode_responses=True) as client:
        client.set(f"{redis_prefix}greeting", "hello", ex=60)
        assert client.get(f"{redis_prefix}greeting") == "hello"
