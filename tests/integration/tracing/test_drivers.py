"""What a trace shows of databases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from graphql import parse
from opentelemetry.sdk.trace import ReadableSpan

from socialfeed.container import open_app
from socialfeed.domain.permissions import ANONYMOUS
from socialfeed.settings import Settings
from socialfeed.testing.client import open_client
from tests.traces import Traces, traced


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    with traced(monkeypatch) as traces:
        yield traces


@pytest.fixture(params=["migrated_sqlite_url", "migrated_postgres_url"], ids=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def asked(traces: Traces, operation: str, system: str) -> list[str]:
    """What the operation, or the job, asked of the system."""
    found = [span for span in traces.below(traces.named(operation)) if attribute(span, "db.system") == system]
    return [attribute(span, "db.statement") for span in found]


def attribute(span: ReadableSpan, name: str) -> Any:
    return (span.attributes or {}).get(name)


async def test_reads_and_writes_of_an_operation_are_part_of_its_trace(database: str, traces: Traces) -> None:
    system = database.partition(":")[0]
    async with open_client(database_url=database) as client:
        olga = await client.sign_up("olga")
        made = await olga.run('mutation Write { createPost(content: "hush hush") { post { id } } }')
        post_id = made["createPost"]["post"]["id"]
        await olga.run("query Read($id: ID!) { post(id: $id) { content } }", {"id": post_id})
        await olga.run("query Page($id: ID!) { postsByUser(userId: $id) { totalItems } }", {"id": olga.user_id})

    assert any("FROM posts" in statement for statement in asked(traces, "query Read", system))
    assert any("FROM user_counters" in statement for statement in asked(traces, "query Page", system))
    assert any("INSERT INTO posts" in statement for statement in asked(traces, "mutation Write", system))
    for said in ("hush", "olga@example.com", post_id):
        assert said not in traces.everything()


async def test_the_outbox_is_looked_at_without_a_trace(database: str, traces: Traces) -> None:
    async with open_client(database_url=database) as client:
        for _ in range(3):
            await client.app.relay.drain()

    assert traces.spans == ()


async def test_a_job_shows_what_it_asks(database: str, traces: Traces, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database, mail_url="memory://", media_url="memory://")
    async with open_app(settings, relay=False, around_jobs=traces.tracing.jobs) as app:
        await app.services.accounts.register(ANONYMOUS, username="olga", email="olga@x.org", password="long enough")
        await app.relay.drain()

    assert any("FROM users" in statement for statement in asked(traces, "job mail_code", database.partition(":")[0]))


async def test_redis_is_part_of_a_trace(redis_url: str, traces: Traces) -> None:
    async with open_client(redis_url=redis_url) as client:
        olga = await client.sign_up("olga")
        await olga.run("query Page { userFeed { totalItems } }")

    assert asked(traces, "query Page", "redis")
    assert "olga" not in traces.everything()


async def test_what_postgres_says_of_a_broken_rule_stays_here(postgres_url: str, traces: Traces) -> None:
    document = parse("mutation Write { createPost }")
    async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
        await connection.execute("CREATE TABLE account (email text PRIMARY KEY)")
        with traces.tracing.operation(document, None):
            await connection.execute("INSERT INTO account VALUES (%s)", ("hush@example.org",))
            with pytest.raises(psycopg.errors.UniqueViolation, match=r"hush@example\.org"):
                await connection.execute("INSERT INTO account VALUES (%s)", ("hush@example.org",))

    assert asked(traces, "mutation Write", "postgresql") == ["INSERT INTO account VALUES (%s)"] * 2
    assert "hush" not in traces.everything()
