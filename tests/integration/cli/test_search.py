"""`socialfeed search rebuild`, for a database that is older than its index."""

import asyncio
from pathlib import Path

from socialfeed.application.ports.search import PostQuery
from socialfeed.container import open_app
from socialfeed.domain.names import parse_name
from socialfeed.domain.search import parse
from socialfeed.settings import Settings
from socialfeed.testing.builders import Builder
from socialfeed.testing.contracts.given import given_posts, given_users
from tests.commands import Run


def test_what_was_there_before_is_found_after_a_rebuild(run: Run, migrated_url: str, tmp_path: Path) -> None:
    make = Builder()
    ada = make.user(username="ada")
    posts = [make.post(ada, content=f"hello number {n}") for n in range(3)]

    async def fill() -> None:
        async with open_app(Settings(database_url=migrated_url, data_dir=tmp_path), relay=False) as app:
            await given_users(app.storage, ada)
            await given_posts(app.storage, *posts)

    async def found() -> tuple[list[int], list[int]]:
        async with open_app(Settings(database_url=migrated_url, data_dir=tmp_path), relay=False) as app:
            search = app.storage.search
            ids = await search.newest_posts(PostQuery(parse("hello number")), limit=10)
            return [*ids], [hit.user_id for hit in await search.users(parse_name("ada"), limit=10)]

    asyncio.run(fill())
    assert asyncio.run(found()) == ([], [])
    for _ in range(2):
        result = run("search", "rebuild", database_url=migrated_url)
        assert result.exit_code == 0, result.output
        assert "3 posts and 1 accounts gone through." in result.output
        assert asyncio.run(found()) == ([post.id for post in reversed(posts)], [ada.id])


def test_a_database_in_memory_has_nothing_to_rebuild(run: Run) -> None:
    result = run("search", "rebuild", database_url="memory://")
    assert result.exit_code == 2
    assert "SOCIALFEED_DATABASE_URL" in result.output
