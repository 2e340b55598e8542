"""Strawberry on its ASGI application, psycopg's pool and its own data loaders, as its guides recommend: parsed and
validated documents are cached, leaf fields are not resolvers. Served by uvicorn with uvloop and httptools:
`python -m bench.peers.strawberry_feed PORT FOLDER`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NewType

import strawberry
import uvicorn
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from bench.peers.given import PAGE, TOTAL, Given, pages, rfc3339

CONNECTIONS = 5

DateTime = NewType("DateTime", datetime)
AUTHORS = "SELECT id, username, first_name, last_name FROM users WHERE id = ANY(%s)"
LIKED = "SELECT post_id FROM likes WHERE post_id = ANY(%s) AND user_id = %s"


class Database:
    def __init__(self, url: str) -> None:
        self.pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            url, kwargs={"autocommit": True}, min_size=1, max_size=CONNECTIONS, open=False
        )

    async def rows(self, statement: str, values: Any) -> list[tuple[Any, ...]]:
        async with self.pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values, prepare=True)
            return await cursor.fetchall()


class Context:
    """One request."""

    def __init__(self, database: Database, me: int) -> None:
        self.database = database
        self.me = me
        self.authors: DataLoader[int, User] = DataLoader(load_fn=self._authors)
        self.liked: DataLoader[int, bool] = DataLoader(load_fn=self._liked)

    async def _authors(self, ids: list[int]) -> list["User"]:
        rows = await self.database.rows(AUTHORS, [ids])
        found = {row[0]: User(username=row[1], first_name=row[2], last_name=row[3]) for row in rows}
        return [found[user_id] for user_id in ids]

    async def _liked(self, ids: list[int]) -> list[bool]:
        found = {row[0] for row in await self.database.rows(LIKED, [ids, self.me])}
        return [post_id in found for post_id in ids]


@strawberry.type
class User:
    username: str
    first_name: str
    last_name: str


@strawberry.type
class Post:
    id: strawberry.ID
    content: str
    image: str | None
    created_at: DateTime
    likes_count: int
    comments_count: int
    shares_count: int
    author_id: strawberry.Private[int]
    number: strawberry.Private[int]

    @strawberry.field
    async def author(self, info: strawberry.Info) -> User:
        context: Context = info.context
        author: User = await context.authors.load(self.author_id)
        return author

    @strawberry.field
    async def is_liked(self, info: strawberry.Info) -> bool:
        context: Context = info.context
        liked: bool = await context.liked.load(self.number)
        return liked


@strawberry.type
class Feed:
    items: list[Post]
    total_items: int
    total_pages: int
    current_page: int


@strawberry.type
class Query:
    @strawberry.field
    async def user_feed(self, info: strawberry.Info, page: int, items_per_page: int) -> Feed:
        database, me = info.context.database, info.context.me
        until = page * items_per_page
        place = {"limit": items_per_page, "offset": until - items_per_page, "until": until}
        rows, [(total,)] = await asyncio.gather(
            database.rows(PAGE, {"me": me, **place}),
            database.rows(TOTAL, {"me": me}),
        )
        items = [
            Post(
                id=strawberry.ID(str(post_id)),
                content=content,
                image=image,
                created_at=DateTime(created_at),
                likes_count=likes,
                comments_count=comments,
                shares_count=shares,
                author_id=author_id,
                number=post_id,
            )
            for post_id, content, image, author_id, created_at, likes, comments, shares in rows
        ]
        return Feed(items=items, total_items=total, total_pages=pages(total, items_per_page), current_page=page)


class Endpoint(GraphQL[Context, None]):
    def __init__(self, given: Given, database: Database) -> None:
        moments = strawberry.scalar(name="DateTime", serialize=rfc3339)
        schema = strawberry.Schema(
            Query,
            extensions=[ParserCache(maxsize=100), ValidationCache(maxsize=100)],
            config=StrawberryConfig(scalar_map={DateTime: moments}),
        )
        super().__init__(schema, graphql_ide=None)
        self._given = given
        self._database = database

    async def get_context(self, request: Any, response: Any) -> Context:
        return Context(self._database, self._given.reader(request.headers["authorization"]))


def application(folder: Path) -> Starlette:
    given = Given.read(folder)
    database = Database(given.database_url)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with database.pool:
            yield

    app = Starlette(lifespan=lifespan)
    app.add_route("/graphql", Endpoint(given, database), methods=["POST"])
    return app


if __name__ == "__main__":
    port, folder = sys.argv[1:]
    uvicorn.run(
        application(Path(folder)), host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", lifespan="on"
    )
