"""The product in processes of its own, people who are signed in to it, and what they ask of it."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from bench.wire import Wire

from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Actor
from socialfeed.domain.user import User
from socialfeed.testing.client import Client, open_client
from tests.integration.cli.conftest import Server
from tests.integration.faults.verdict import Answer
from tests.integration.product.crowd import Crowd

PATIENCE = 30.0
"""Seconds until a request counts as hung."""

PAGE = """query ($page: Int!, $size: Int!) {
  userFeed(page: $page, itemsPerPage: $size) {
    items { id content author { username } likesCount commentsCount sharesCount isLiked } totalItems
  }
}"""
PUBLISH = "mutation ($content: String!) { createPost(content: $content) { success post { id } errors { code } } }"
LIKE = "mutation ($post: ID!) { likePost(postId: $post) { success isLiked errors { code } } }"
UNLIKE = "mutation ($post: ID!) { unlikePost(postId: $post) { success isLiked errors { code } } }"
FOLLOW = "mutation ($user: ID!) { followUser(userId: $user) { success isFollowing errors { code } } }"
UNFOLLOW = "mutation ($user: ID!) { unfollowUser(userId: $user) { success isFollowing errors { code } } }"
COUNTS = "query ($author: ID!) { postsByUser(userId: $author, itemsPerPage: 100) { items { id likesCount } } }"

_FEED_IDS = """
SELECT id FROM posts
WHERE deleted_at IS NULL
  AND (author_id = %(reader)s OR author_id IN (SELECT followee_id FROM follows WHERE follower_id = %(reader)s))
ORDER BY id DESC LIMIT 400
"""


class World:
    """`client` is a product in this process on the same database, to look at what is stored. It runs no jobs."""

    def __init__(self, client: Client, folder: Path, database_url: str) -> None:
        self.client = client
        self.folder = folder
        self.crowd = Crowd(client)
        self.database_url = database_url
        self._tokens: dict[UserId, str] = {}
        self._numbers = itertools.count(1)
        self._servers: list[Server] = []
        self._wires: dict[str, Wire] = {}

    async def serve(self, processes: int = 1, **settings: str) -> list[str]:
        """The addresses of new processes of `socialfeed serve`."""
        started = []
        for _ in range(processes):
            log = self.folder / f"server-{next(self._numbers)}.log"
            started.append(Server(self.folder, log, **self.settings(**settings)))
        self._servers += started
        return [await asyncio.to_thread(server.address) for server in started]

    def settings(self, **more: str) -> dict[str, str]:
        return {
            "database_url": self.database_url,
            "data_dir": str(self.folder),
            "mail_url": "memory://",
            "rate_limit": "off",
            **more,
        }

    def said(self) -> str:
        return "".join(server.said() for server in self._servers)

    async def people(self, number: int) -> list[UserId]:
        """Signed in; what they see and do is for `ask`."""
        users = await self.crowd.of(number)
        for user in users:
            self._tokens[user.id] = await self._token(user)
        return [user.id for user in users]

    async def ask(self, address: str, who: UserId | None, operation: str, **variables: Any) -> tuple[str, Any]:
        """ "OK" and the root field's value, or the code of what went wrong and what there is."""
        wire = self._wires.setdefault(address, Wire(address))
        request = wire.graphql(operation, variables, self._tokens[who] if who else "")
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await wire.send(request)
        except (OSError, asyncio.IncompleteReadError) as error:
            return type(error).__name__, None
        answer = json.loads(body)
        found = next(iter((answer.get("data") or {}).values()), None)
        if errors := answer.get("errors"):
            return str(errors[0]["extensions"]["code"]), found
        if isinstance(found, dict) and found.get("errors"):
            return str(found["errors"][0]["code"]), found
        return ("OK" if status == 200 else str(status)), found

    async def timed(self, address: str, who: UserId | None, operation: str, **variables: Any) -> tuple[Answer, Any]:
        due = time.monotonic()
        said, found = await self.ask(address, who, operation, **variables)
        return Answer(due, time.monotonic() - due, said), found

    async def feed(self, address: str, reader: UserId) -> tuple[str, dict[int, int]]:
        """All of the newest 400 posts, each with its likes."""
        shown: dict[int, int] = {}
        for page in itertools.count(1):
            said, found = await self.ask(address, reader, PAGE, page=page, size=100)
            if said != "OK":
                return said, shown
            shown |= {int(item["id"]): item["likesCount"] for item in found["items"]}
            if page * 100 >= found["totalItems"]:
                return said, shown
        raise AssertionError("unreachable")

    def oracle(self, readers: Sequence[UserId]) -> dict[UserId, dict[int, int]]:
        """What the feeds must hold, by plain SQL over the rows: posts, and how many like each."""
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute("SELECT post_id, count(*) FROM likes GROUP BY post_id").fetchall()
            likes: dict[int, int] = dict(rows)
            return {
                reader: {
                    post: likes.get(post, 0) for (post,) in connection.execute(_FEED_IDS, {"reader": reader}).fetchall()
                }
                for reader in readers
            }

    def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query, values).fetchall()

    async def wrong_feeds(self, address: str, readers: Sequence[UserId]) -> list[str]:
        """How the feeds differ from what they must hold."""
        expected = await asyncio.to_thread(self.oracle, readers)
        wrong = []
        for reader in readers:
            said, shown = await self.feed(address, reader)
            if said != "OK" or list(shown) != list(expected[reader]):
                missing, foreign = expected[reader].keys() - shown, shown.keys() - expected[reader]
                wrong.append(f"{reader}: {said}, {len(missing)} missing, {len(foreign)} foreign")
            elif shown != expected[reader]:
                differ = [post for post in shown if shown[post] != expected[reader][post]]
                wrong.append(f"{reader}: likes of {len(differ)} posts differ")
        return wrong

    def end(self) -> None:
        for wire in self._wires.values():
            wire.close()
        for server in self._servers:
            server.end()

    async def _token(self, user: User) -> str:
        signed_in = await self.client.app.services.sessions.begin(Actor(), user)
        return signed_in.access.token


@asynccontextmanager
async def open_world(folder: Path, database_url: str) -> AsyncIterator[World]:
    async with open_client(data_dir=folder, database_url=database_url) as client:
        world = World(client, folder, database_url)
        try:
            yield world
        finally:
            await asyncio.to_thread(world.end)


async def steadily(send: Callable[[int], Awaitable[Answer | None]], *, rate: float, seconds: float) -> list[Answer]:
    """So many requests a second whether or not answers come back; each counts from when it was due."""
    answers: list[Answer] = []

    async def one(number: int, due: float) -> None:
        answer = await send(number)
        if answer is not None:
            answers.append(answer._replace(due=due, took=answer.due + answer.took - due))

    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(rate * seconds)):
            due = started + number / rate
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            group.create_task(one(number, due))
    return sorted(answers)


async def until(holds: Callable[[], Awaitable[bool]], *, within: float) -> float:
    """Seconds until it holds, infinity if that is longer."""
    started = time.monotonic()
    while not await holds():
        if time.monotonic() - started > within:
            return float("inf")
        await asyncio.sleep(0.1)
    return time.monotonic() - started


def circle(people: Sequence[UserId], number: int) -> Iterator[tuple[UserId, UserId]]:
    """Follows: each of the people follows the next ones."""
    for place, follower in enumerate(people):
        for step in range(1, number + 1):
            yield follower, people[(place + step) % len(people)]
