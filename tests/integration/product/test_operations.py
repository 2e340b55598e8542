"""The published operations run as they stand, and answer alike whatever stands behind the ports."""

import asyncio
import email
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from graphql import parse

from socialfeed.container import open_app
from socialfeed.domain.ids import PostId
from socialfeed.domain.permissions import BUILT_IN, Actor
from socialfeed.testing.client import Client, open_client
from tests.integration.product.conftest import backend
from tests.integration.product.crowd import Crowd

ROOT = Path(__file__).parents[3]
OPERATIONS = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples" / "operations").glob("*.graphql"))
}
SAMPLE_ID = re.compile(r"\b(id|postId|userId): 1\b")

PATIENCE = 15.0
"""Seconds that a worker in another container may take for a job."""


async def test_the_operations_run_in_memory(tmp_path: Path) -> None:
    async with started("memory", tmp_path, {}) as client:
        answers = await scenario(client, tmp_path)

    feed, trending = answers["UserFeed"]["userFeed"], answers["Trending"]["trendingPosts"]
    assert answers["Verify"]["verifyEmailOtp"]["success"]
    assert answers["Me"] == {
        "me": {
            "id": "<1>",
            "username": "newuser",
            "email": "user@example.com",
            "firstName": "John",
            "lastName": "Doe",
        }
    }
    assert answers["Share"]["sharePost"]["share"]["post"]["sharesCount"] == 1
    assert (feed["totalItems"], feed["totalPages"], feed["currentPage"]) == (1, 1, 1)
    assert feed["items"] == [
        {
            "id": "<2>",
            "content": "Hello, World!",
            "image": "https://example.com/image.jpg",
            "author": {"username": "newuser", "firstName": "John", "lastName": "Doe"},
            "likesCount": 1,
            "commentsCount": 1,
            "sharesCount": 1,
            "isLiked": True,
            "createdAt": "<time>",
        }
    ]
    assert trending["items"][0]["content"] == "Hello, World!"


@pytest.mark.parametrize(
    "stack",
    [
        "sqlite + inprocess",
        "postgres + valkey + redis broker",
        pytest.param("postgres + valkey + rabbitmq", marks=pytest.mark.rabbitmq),
    ],
)
async def test_the_operations_answer_as_they_do_in_memory(
    stack: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = await backend(stack.split(" + ")[0].replace("postgres", "postgres+valkey"), request, tmp_path)
    if "redis broker" in stack:
        settings["broker_url"] = settings["redis_url"]
    if "rabbitmq" in stack:
        settings["broker_url"] = request.getfixturevalue("amqp_url")
    (tmp_path / "memory").mkdir()
    async with started("memory", tmp_path / "memory", {}) as client:
        expected = await scenario(client, tmp_path / "memory")

    async with started(stack, tmp_path, settings) as client:
        assert await scenario(client, tmp_path) == expected


def test_the_operations_are_those_of_the_contract() -> None:
    """In the place where this is developed the contract lies beside the checkout; elsewhere the copies are it."""
    contract = ROOT.parent / "shared" / "operations"
    for path in contract.glob("*.graphql"):
        assert OPERATIONS[path.stem] == path.read_text(encoding="utf-8")
    assert set(OPERATIONS) == {"feeds", "identity", "interactions", "posts"}


@asynccontextmanager
async def started(stack: str, folder: Path, settings: dict[str, Any]) -> AsyncIterator[Client]:
    """The product with its jobs running by themselves: in the process, or in a worker with a container of its own."""
    async with AsyncExitStack() as exits:
        everything = {"data_dir": folder, "mail_url": "console://", **settings}
        client = await exits.enter_async_context(open_client(relay=True, **everything))
        if "broker_url" in settings:
            worker = await exits.enter_async_context(open_app(client.app.settings, relay=False))
            await exits.enter_async_context(worker.jobs.work(4))
        assert client.app.storage.name == stack.split(" + ")[0].replace("postgres", "postgresql")
        yield client


async def scenario(client: Client, folder: Path) -> dict[str, Any]:
    """Every operation of the files, in the order a newcomer would use them; ids, times and tokens made comparable."""
    answers: dict[str, Any] = {}

    async def run(file: str, name: str, viewer: Client, post_id: str = "1", user_id: str = "1") -> dict[str, Any]:
        text = SAMPLE_ID.sub(lambda m: f"{m[1]}: {user_id if m[1] == 'userId' else post_id}", OPERATIONS[file])
        answers[name] = await viewer.run(text, operationName=name)
        return dict(answers[name])

    async def verify() -> None:
        code = await eventually(lambda: code_for("user@example.com", folder))
        text = OPERATIONS["identity"].replace("123456", code)
        answers["Verify"] = await client.run(text, operationName="Verify")

    async def trending() -> Any:
        data = await run("feeds", "Trending", newcomer)
        return data["trendingPosts"]["items"] or None

    await run("identity", "Register", client)
    await verify()
    signed_in = await run("identity", "Login", client)
    newcomer = Client(client.app, client.asgi, signed_in["tokenAuth"]["token"], signed_in["tokenAuth"]["user"]["id"])
    await run("identity", "Me", newcomer)
    created = await run("posts", "CreatePost", newcomer)
    post_id = created["createPost"]["post"]["id"]
    for name in ("Like", "Comment", "Share"):
        await run("interactions", name, newcomer, post_id)
    await run("posts", "Post", newcomer, post_id)
    await run("posts", "PostsByUser", newcomer, post_id, newcomer.user_id or "")
    await run("feeds", "UserFeed", newcomer)
    for reader in await Crowd(client).of(5):
        await client.app.services.engagement.like(Actor(reader.id, BUILT_IN["user"].permissions), PostId(int(post_id)))
    await eventually(trending)
    assert set(answers) == {
        definition.name.value  # type: ignore[attr-defined]
        for text in OPERATIONS.values()
        for definition in parse(text).definitions
    }
    comparable: dict[str, Any] = normalised(answers, {})
    return comparable


async def eventually(attempt: Callable[[], Awaitable[Any]]) -> Any:
    """What the attempt returns once it is not None."""
    async with asyncio.timeout(PATIENCE):
        while (found := await attempt()) is None:
            await asyncio.sleep(0.05)
        return found


async def code_for(address: str, folder: Path) -> str | None:
    for path in sorted((folder / "mail").glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=default)
        if mail["To"] == address:
            return str(mail["Subject"]).split()[0]
    return None


def normalised(value: Any, ids: dict[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: normalised(item, ids, name) for name, item in value.items()}
    if isinstance(value, list):
        return [normalised(item, ids) for item in value]
    if key == "id":
        return ids.setdefault(value, f"<{len(ids) + 1}>")
    return {"createdAt": "<time>", "token": "<token>"}.get(key, value) if value is not None else None
