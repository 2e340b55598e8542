"""How searches are carried out: by the index, and by as little of it as will do."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from socialfeed.adapters.sql import migrate, postgres, sqlite
from socialfeed.adapters.sql.dialect import Build, read
from socialfeed.adapters.sql.search import postgres as on_postgres
from socialfeed.adapters.sql.search import sqlite as on_sqlite
from socialfeed.adapters.sql.tables.search import NAMES_INDEX, WORDS_INDEX
from socialfeed.application.ports.search import RANKED
from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import MAX_ID
from socialfeed.domain.search import Query, parse
from tests.services.postgres import Databases

POSTS, LIMIT = 20_000, 20
BOUNDS = {"below": MAX_ID, "above": 0}


@pytest.fixture(scope="module")
def many(databases: Databases, template: str) -> Iterator[psycopg.Connection]:
    """Posts with words that are in all of them, in each 20th, in each 5,000th, in the newest 100 and in the first one,
    and as many people.

    Plans are generic, as on the connections for reads.
    """
    url = databases.create(template)
    options = " ".join(f"-c {name}={value}" for name, value in postgres.READ_SETTINGS.items())
    with psycopg.connect(url, autocommit=True, options=options) as connection:
        words = (
            "'''common'':1 ''often'':2 '"
            " || CASE WHEN n % 20 = 0 THEN '''some'':3 ' ELSE '' END"
            " || CASE WHEN n % 5000 = 7 THEN '''rare'':4 ' ELSE '' END"
            f" || CASE WHEN n > {POSTS - 100} THEN '''lately'':5 ' ELSE '' END"
            " || CASE WHEN n = 1 THEN '''first'':6' ELSE '' END"
        )
        series = f"FROM generate_series(1, {POSTS}) n"
        connection.execute(f"INSERT INTO post_search SELECT n, 1, ({words})::tsvector {series}")
        connection.execute(f"INSERT INTO user_search SELECT n, md5(n::text) || ' ' || n, true {series}")
        connection.execute("VACUUM ANALYZE post_search, user_search")
        yield connection
    databases.drop(url)


def explained(
    connection: psycopg.Connection, build: Build, literals: tuple[int, ...], values: dict[str, Any]
) -> list[dict[str, Any]]:
    """The steps of the generic plan, as they were carried out."""
    text = read(postgres.DIALECT, build, *literals).text
    for place, key in enumerate(values, start=1):
        text = text.replace(f"%({key})s", f"${place}")
    text = text.replace("%%", "%")
    connection.execute("DEALLOCATE ALL", prepare=False)
    connection.execute(f"PREPARE searched AS {text}")
    bound = sql.SQL(", ").join(map(sql.Literal, values.values()))
    explain = sql.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE searched({})").format(bound)
    row = connection.execute(explain).fetchone()
    assert row is not None

    def steps(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for child in node.get("Plans", ()):
            yield from steps(child)

    return [step for step in steps(row[0][0]["Plan"]) if step["Actual Loops"]]


def looked_at(steps: list[dict[str, Any]]) -> int:
    """How many posts were read from the table."""
    return sum(
        int(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) + step.get("Rows Removed by Index Recheck", 0))
        * int(step["Actual Loops"])
        for step in steps
        if step.get("Relation Name") == "post_search"
    )


def by_relevance(text: str) -> tuple[Build, dict[str, Any]]:
    query = parse(text)
    values = {
        "matching": on_postgres._tsquery(query),
        **BOUNDS,
        "ranked_by": on_postgres._tsquery(Query(query.wanted)),
        "score": on_postgres.SCORE_MAX,
        "last": MAX_ID,
    }
    return on_postgres._best_posts, values


def by_recency(text: str) -> tuple[Build, dict[str, Any]]:
    return on_postgres._newest_posts, {"matching": on_postgres._tsquery(parse(text)), **BOUNDS}


@pytest.mark.parametrize("order", [by_relevance, by_recency])
@pytest.mark.parametrize(
    ("text", "matching"), [("common rare", 4), ("first", 1), ("often first", 1), ("unknown word", 0)]
)
def test_rare_words_are_looked_up_in_the_index(many: psycopg.Connection, order: Any, text: str, matching: int) -> None:
    build, values = order(text)
    steps = explained(many, build, (LIMIT,), values)
    assert WORDS_INDEX in {step.get("Index Name") for step in steps}
    assert not any(step["Node Type"] == "Seq Scan" for step in steps)
    # A sample first, and nothing but what matches after that.
    assert looked_at(steps) == on_postgres.SAMPLED + matching


@pytest.mark.parametrize(("order", "enough"), [(by_relevance, RANKED), (by_recency, LIMIT)])
def test_common_words_are_found_on_the_way_back_from_the_newest(
    many: psycopg.Connection, order: Any, enough: int
) -> None:
    build, values = order("common often")
    steps = explained(many, build, (LIMIT,), values)
    assert WORDS_INDEX not in {step.get("Index Name") for step in steps}
    assert not any(step["Node Type"] == "Seq Scan" for step in steps)
    assert looked_at(steps) == on_postgres.SAMPLED + enough


def test_words_that_promise_more_than_there_is_are_looked_up_after_all(many: psycopg.Connection) -> None:
    build, values = by_relevance("common lately")
    steps = explained(many, build, (LIMIT,), values)
    assert WORDS_INDEX in {step.get("Index Name") for step in steps}
    assert looked_at(steps) == on_postgres.SAMPLED + on_postgres.WALKED + 100


def test_people_are_looked_up_in_the_index(many: psycopg.Connection) -> None:
    values = {"meant": ["19999", "mary"], "wanted": "19999 mary"}
    steps = explained(many, on_postgres._alike, (), values)
    assert NAMES_INDEX in {step.get("Index Name") for step in steps}
    assert not any(step["Node Type"] == "Seq Scan" for step in steps)


@pytest.mark.parametrize("build", [on_sqlite._newest_posts, on_sqlite._newest_with_words])
def test_sqlite_takes_matches_from_fts5_in_their_order(migrated_file: Path, build: Build) -> None:
    statement = read(sqlite.DIALECT, build, LIMIT)
    with closing(sqlite3.connect(migrated_file)) as connection:
        values = statement.bound({"matching": '"fox"', **BOUNDS})
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", values)]
    assert any(re.match(r"SCAN post_words VIRTUAL TABLE INDEX \d+:M1<>$", step) for step in plan), plan
    assert not any("ORDER BY" in step or step == "SCAN post_search" for step in plan), plan


async def test_a_role_that_may_not_install_pg_trgm_is_told_so_in_one_line(databases: Databases) -> None:
    url = databases.create()
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    role = f"{name}_poor"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'poor'")
        connection.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        try:
            poor = f"{url}{'&' if '?' in url else '?'}user={role}&password=poor"
            with pytest.raises(Unavailable, match=r"let the owner run CREATE EXTENSION pg_trgm\.$"):
                await migrate(poor)
            connection.execute("CREATE EXTENSION pg_trgm")
            await migrate(poor)
        finally:
            databases.drop(url)
            with psycopg.connect(databases.admin_url, autocommit=True) as admin:
                admin.execute(f"DROP ROLE {role}")
