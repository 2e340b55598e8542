"""What pages cost: as many statements for fifty rows as for five, with every field that a client can ask for.

Threads have a file of their own, as they cost some for each level.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from socialfeed.application.feeds import ranked
from socialfeed.domain.events import Envelope, PostLiked, PostPublished, PostShared, ProfileChanged
from socialfeed.domain.graph import Block, FollowRequest, Mute, MuteOf
from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post
from socialfeed.domain.user import User
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client, open_client
from socialfeed.testing.contracts.waiting import eventually
from tests.integration.sql.conftest import ASKED
from tests.services.postgres import Databases

SCHEMA = build_schema(Path("schema.graphql").read_text())
FEW, MANY = 5, 50


def everything(of: GraphQLOutputType, *, nested: bool = True) -> str:
    """All fields of a type that need no argument, and those of the things next to it. Not of what is next to those: the
    same loaders are asked there, now together with the first, now after them.
    """
    chosen = []
    for name, field in _fields(of).items():
        if any(map(is_required_argument, field.args.values())):
            continue
        if is_leaf_type(get_named_type(field.type)):
            chosen.append(name)
        elif nested or all(is_leaf_type(get_named_type(inner.type)) for inner in _fields(field.type).values()):
            chosen.append(f"{name} {{ {everything(field.type, nested=False)} }}")
    return " ".join(chosen)


def _fields(of: GraphQLOutputType) -> dict[str, GraphQLField]:
    kind = get_named_type(of)
    assert isinstance(kind, GraphQLObjectType)
    fields: dict[str, GraphQLField] = kind.fields
    return fields


POST, USER, LIST = (everything(SCHEMA.type_map[name]) for name in ("Post", "User", "List"))  # type: ignore[arg-type]

EDGE = f"node {{ {POST} }} reason {{ users {{ {USER} }} terms {{ name }} }}"

pytestmark = [pytest.mark.usefixtures("executed"), pytest.mark.asyncio(loop_scope="module")]

LISTS = {
    "userFeed": f"userFeed(itemsPerPage: $n) {{ items {{ {POST} }} totalItems }}",
    "homeFeed": f"homeFeed(first: $n) {{ edges {{ {EDGE} }} }}",
    "homeFeed, ranked": f"homeFeed(first: $n, ranking: ENGAGEMENT) {{ edges {{ {EDGE} }} }}",
    "catchUp": f'catchUp(since: "2026-01-01T00:00:00Z", first: $n) {{ edges {{ {EDGE} }} }}',
    "trendingPosts": f"trendingPosts(itemsPerPage: $n) {{ items {{ {POST} }} totalItems }}",
    "publicFeed": f"publicFeed(first: $n) {{ edges {{ {EDGE} }} }}",
    "publicFeed, of a language": f'publicFeed(language: "de", first: $n) {{ nodes {{ {POST} }} }}',
    "tagFeed": f'tagFeed(tag: "#all", first: $n) {{ edges {{ {EDGE} }} }}',
    "postsByUser": f"postsByUser(userId: $u, itemsPerPage: $n) {{ items {{ {POST} }} totalItems }}",
    "userPosts": f"userPosts(userId: $u, first: $n) {{ nodes {{ {POST} }} }}",
    "searchPosts": f'searchPosts(query: "naïve", first: $n) {{ nodes {{ {POST} }} }}',
    "bookmarks": f"bookmarks(first: $n) {{ nodes {{ post {{ {POST} }} }} }}",
    "likers": f"likers(postId: $p, first: $n) {{ nodes {{ {USER} }} }}",
    "followers": f"followers(userId: $u, first: $n) {{ nodes {{ {USER} }} }}",
    "following": f"following(userId: $v, first: $n) {{ nodes {{ {USER} }} }}",
    "followRequests": f"followRequests(first: $n) {{ nodes {{ {USER} }} }}",
    "suggestedUsers": f"suggestedUsers(first: $n) {{ {USER} }}",
    "blockedUsers": f"blockedUsers(first: $n) {{ nodes {{ {USER} }} }}",
    "mutedUsers": f"mutedUsers(first: $n) {{ nodes {{ {USER} }} }}",
    "lists": f"lists(first: $n) {{ nodes {{ {LIST} some: members(first: 5) {{ nodes {{ {USER} }} }} }} }}",
    "listFeed": f"listFeed(listId: $l, first: $n) {{ edges {{ {EDGE} }} }}",
    "list": f"list(id: $l) {{ members(first: $n) {{ nodes {{ {USER} }} }} }}",
    "searchUsers": f'searchUsers(query: "author", first: $n) {{ nodes {{ {USER} }} }}',
}
NODES = f"nodes(ids: $ids) {{ __typename ... on Post {{ {POST} }} ... on User {{ {USER} }} ... on List {{ name }} }}"
VARIABLES = {"ids": "[ID!]!", "n": "Int! = 20", "u": "ID!", "v": "ID!", "p": "ID!", "l": "ID!"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, databases: Databases, folder: Path) -> Iterator[str]:
    """All tests share a world of each kind: they only read."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('migrated_file'), folder / 'test.db')}"
    else:
        url = databases.create(request.getfixturevalue("template"))
        yield url
        databases.drop(url)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(url: str, folder: Path) -> AsyncIterator[Client]:
    async with open_client(database_url=url, data_dir=folder, trending_actors=1) as client:
        yield client


class World:
    """Ada follows fifty authors, who each wrote a post, and fifty who shared those that a busy author wrote. Each is
    about the post of somebody else, names two, and was edited. Of each list that she looks at there are fifty.
    """

    def __init__(self, ada: Client, things: dict[str, str]) -> None:
        self._ada, self._things = ada, things
        self.asked: list[str] = []

    async def statements(self, field: str, **more: Any) -> tuple[int, Any]:
        """How many statements the field takes, and what it gives."""
        given = {name: value for name, value in {**self._things, **more}.items() if f"${name}" in field}
        declared = ", ".join(f"${name}: {VARIABLES[name]}" for name in given)
        self.asked = []
        token = ASKED.set(self.asked)
        answer = await self._ada.run(f"query{f' ({declared})' if declared else ''} {{ answer: {field} }}", given)
        ASKED.reset(token)
        return len(self.asked), answer["answer"]


async def given_users(client: Client, make: Builder, name: str, number: int = MANY) -> list[User]:
    users = [make.user(username=f"{name}_{n}") for n in range(number)]
    async with client.app.storage.uow() as tx:
        for user in users:
            await tx.users.add(user)
            await tx.outbox.add(make.envelope(ProfileChanged(user.id)))
    return users


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(client: Client) -> World:
    make = Builder()
    signed_in = await client.sign_up("ada")
    ada = UserId(int(signed_in.user_id or 0))
    authors = await given_users(client, make, "author")
    others = {
        name: await given_users(client, make, name)
        for name in ("quoted", "named", "sharing", "suggested", "blocked", "muted", "asking")
    }
    [busy] = await given_users(client, make, "busy", 1)
    at = client.app.clock.now()
    async with client.app.storage.uow() as tx:
        account = await tx.users.get(ada)
        assert account is not None
        about = [make.post(user, content="What others quote") for user in others["quoted"]]
        for post in about:
            await tx.posts.add(post)
        posts: list[Post] = []
        for n, author in enumerate([*authors, *[busy] * MANY]):
            named = (others["named"][n % MANY].id, others["named"][n % MANY - 1].id)
            post = replace(make.post(author), mentions=named, quote_of=about[n % MANY].id)
            await tx.posts.add(post)
            edited = post.edited(
                content="A naïve text", language="de", tags=("all",), mentions=named, at=make.clock.now()
            )
            await tx.posts.add_edit(post.as_said(1))
            await tx.posts.save(edited)
            await tx.outbox.add(Envelope(make.ids.event(), PostPublished(post.id, author.id), at))
            posts.append(edited)
        for author, post in zip(authors, posts, strict=False):
            await tx.follows.add(make.follow(account, author))
            await tx.follows.add(make.follow(author, busy))
            await tx.likes.add(make.like(posts[0], author))
            await tx.bookmarks.put(make.bookmark(post, account))
            await tx.pins.put(author.id, post.id, at)
            liked = PostLiked(post.id, busy.id, round(at.timestamp() * 1000))
            await tx.outbox.add(Envelope(make.ids.event(), liked, at))
        lists = [make.user_list(account) for _ in range(MANY)]
        for made in lists:
            await tx.lists.add(made)
            await tx.lists.add_member(make.member(made, busy))
        for author, made in zip(authors, lists, strict=True):
            for each in (lists[0], made):
                await tx.lists.add_member(make.member(each, author))
        for sharer, post in zip(others["sharing"], posts[MANY:], strict=True):
            await tx.follows.add(make.follow(account, sharer))
            share = make.share(post, sharer)
            await tx.shares.add(share)
            told = PostShared(post.id, sharer.id, round(at.timestamp() * 1000), share_id=share.id)
            await tx.outbox.add(Envelope(make.ids.event(), told, at))
        for user in others["suggested"]:
            await tx.follows.add(make.follow(authors[0], user))
        for user in others["blocked"]:
            await tx.blocks.add(Block(ada, user.id, at))
        for user in others["muted"]:
            await tx.mutes.put(Mute.start(ada, user.id, [MuteOf.ALL], at=at))
        for user in others["asking"]:
            await tx.requests.add(FollowRequest(make.ids.follow(), user.id, ada, at))
    await client.settle()
    things = {"u": busy.id, "v": ada, "p": posts[0].id, "l": lists[0].id}
    world = World(signed_in, {name: str(thing) for name, thing in things.items()})
    await world.statements("userFeed { totalItems }")  # the first look warms the timeline behind the reader's back

    async def is_warm() -> bool:
        return await client.app.storage.timelines.read(ada) is not None

    await eventually(is_warm)
    return world


async def test_a_page_of_fifty_costs_the_statements_of_a_page_of_five(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranked, "CATCH_UP_MAX", timedelta(days=10_000))  # what builders make is old
    costs: dict[str, tuple[int, int]] = {}
    for name, field in LISTS.items():
        few, page = await world.statements(field, n=FEW)
        assert rows(page) == FEW, name
        many, page = await world.statements(field, n=MANY)
        assert rows(page) == MANY, name
        costs[name] = few, many
    assert {name: cost for name, cost in costs.items() if cost[0] != cost[1]} == {}
    assert all(0 < few < 40 for few, _ in costs.values()), costs


async def test_many_objects_by_their_ids_cost_the_statements_of_few(world: World) -> None:
    """A third of them is of each type, as there may be a hundred in all."""
    _, page = await world.statements("userFeed(itemsPerPage: 100) { items { id author { id } } }")
    _, own = await world.statements("lists(first: 50) { nodes { id } }")
    posts, lists = [post["id"] for post in page["items"]], [each["id"] for each in own["nodes"]]
    people = list(dict.fromkeys(post["author"]["id"] for post in page["items"]))

    costs = []
    for number in (3, 33):
        ids = [*posts[:number], *people[:number], *lists[:number]]
        cost, found = await world.statements(NODES, ids=ids)
        assert [each["__typename"] for each in found] == ["Post"] * number + ["User"] * number + ["List"] * number
        costs.append(cost)

    assert costs[0] == costs[1] < 40


def rows(page: Any) -> int:
    if isinstance(page, list):
        return len(page)
    inner = page.get("members", page)
    return len(next(inner[name] for name in ("items", "nodes", "edges") if name in inner))


async def test_a_profile_costs_the_same_however_much_hangs_on_it(world: World) -> None:
    """The busy one has fifty posts and followers; the viewer's own has neither."""
    field = f"user(id: $u) {{ {USER} }}"

    few, lonely = await world.statements(field.replace("$u", "$v"))
    many, busy = await world.statements(field)

    assert (lonely["postsCount"], busy["postsCount"], busy["followersCount"]) == (0, MANY, MANY)
    # How others stand to the viewer, and the words that are muted, are asked for others alone.
    assert many - few == 2


async def test_what_costs_a_read_is_read_only_where_it_is_asked_for(world: World) -> None:
    plain, _ = await world.statements("userFeed { items { content author { username } } }")
    for unasked in ("user_counters", "post_edits"):
        assert not any(unasked in text for text in world.asked)
    for fields, costs in (
        ("author { postsCount }", 1),
        ("author { postsCount followersCount followingCount }", 1),
        ("author { isFollowed relationship { isMuting } }", 1),
        ("edits { content }", 1),
    ):
        cost, _ = await world.statements(f"userFeed {{ items {{ content author {{ username }} {fields} }} }}")
        assert cost - plain == costs, fields
