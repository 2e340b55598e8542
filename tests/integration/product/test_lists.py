"""Accounts that people read apart, of which nobody else learns."""

import asyncio
from typing import Any

import pytest

from socialfeed.domain.ids import ListId, UserId, parse_list_id, parse_user_id
from socialfeed.domain.user import ERASED_AFTER
from socialfeed.domain.user_list import LISTS_MAX, MEMBERS_MAX, UserList
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import PASSWORD, Client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.crowd import Crowd
from tests.integration.product.test_members import ban, moderator
from tests.integration.product.test_moderated_threads import BLOCK
from tests.integration.product.test_own_account import DEACTIVATE, DELETE, erase
from tests.integration.product.test_post_options import write
from tests.integration.product.test_posts import delete, restore
from tests.integration.product.test_social import contents, follow, publish

ANSWER = "list { id name membersCount members(first: 10) { nodes { username } } } success errors { code field }"
CREATE = f"mutation ($n: String!) {{ createList(name: $n) {{ {ANSWER} }} }}"
UPDATE = f"mutation ($i: ID!, $n: String!) {{ updateList(id: $i, name: $n) {{ {ANSWER} }} }}"
DROP = "mutation ($i: ID!) { deleteList(id: $i) { success errors { code field } } }"
ADD = f"mutation ($i: ID!, $u: ID!) {{ addToList(listId: $i, userId: $u) {{ {ANSWER} }} }}"
REMOVE = f"mutation ($i: ID!, $u: ID!) {{ removeFromList(listId: $i, userId: $u) {{ {ANSWER} }} }}"
UNBLOCK = "mutation ($u: ID!) { unblockUser(userId: $u) { success } }"
ALL = """query ($n: Int! = 20, $a: String, $u: ID) {
  lists(first: $n, after: $a, memberId: $u) { nodes { name } pageInfo { hasNextPage endCursor } }
}"""
ONE = """query ($i: ID!, $n: Int! = 20, $a: String) {
  list(id: $i) {
    name membersCount members(first: $n, after: $a) { nodes { username } pageInfo { hasNextPage endCursor } }
  }
}"""
FEED = """query ($i: ID!, $n: Int! = 20, $a: String) {
  listFeed(listId: $i, first: $n, after: $a) {
    edges { node { content author { username } } reason { kind users { id } } } pageInfo { hasNextPage endCursor }
  }
}"""
NO_LIST = [{"code": "LIST_NOT_FOUND", "field": "listId"}]
NO_USER = [{"code": "USER_NOT_FOUND", "field": "userId"}]


async def make(client: Client, name: str = "Friends", *members: Client) -> str:
    """The id of a new list with these on it."""
    made = (await client.run(CREATE, {"n": name}))["createList"]
    assert made["errors"] == []
    for member in members:
        assert (await add(client, made["list"]["id"], member))["errors"] == []
    return str(made["list"]["id"])


async def add(client: Client, made: str, user: Client) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(ADD, {"i": made, "u": user.user_id}))["addToList"]
    return answer


async def remove(client: Client, made: str, user: Client) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(REMOVE, {"i": made, "u": user.user_id}))["removeFromList"]
    return answer


async def names(client: Client, **page: Any) -> list[str]:
    return [made["name"] for made in (await client.run(ALL, page))["lists"]["nodes"]]


async def on(client: Client, made: str) -> list[str]:
    """Who is on the list, the last first."""
    found = (await client.run(ONE, {"i": made}))["list"]
    return [user["username"] for user in found["members"]["nodes"]]


async def read(client: Client, made: str, **page: Any) -> list[str]:
    """The contents of the list's feed; each says why it is there."""
    edges = (await client.run(FEED, {"i": made, **page}))["listFeed"]["edges"]
    assert all(edge["reason"] == {"kind": "LIST", "users": []} for edge in edges)
    return [edge["node"]["content"] for edge in edges]


class TestLists:
    async def test_a_list_is_made_renamed_and_deleted(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        made = await make(ada, " Friends ", bob)
        assert await names(ada) == ["Friends"]

        renamed = (await ada.run(UPDATE, {"i": made, "n": "Foes"}))["updateList"]
        assert renamed["list"]["name"] == "Foes"
        assert renamed["list"]["membersCount"] == 1

        assert (await ada.run(DROP, {"i": made}))["deleteList"]["success"]
        assert await names(ada) == []
        assert (await ada.run(ONE, {"i": made}))["list"] is None
        gone = [{"code": "LIST_NOT_FOUND", "field": "id"}]
        assert (await ada.run(DROP, {"i": made}))["deleteList"]["errors"] == gone
        assert (await ada.run(UPDATE, {"i": made, "n": "Foes"}))["updateList"]["errors"] == gone
        assert (await add(ada, made, bob))["errors"] == NO_LIST

    @pytest.mark.parametrize(
        ("name", "code"), [(" ", "TOO_SHORT"), ("n" * 65, "TOO_LONG"), ("a\0", "INVALID_CHARACTER")]
    )
    async def test_a_name_that_is_none_changes_nothing(self, client: Client, name: str, code: str) -> None:
        ada = await client.sign_up("ada")
        made = await make(ada)
        refused = [{"code": code, "field": "name"}]
        assert (await ada.run(CREATE, {"n": name}))["createList"]["errors"] == refused
        assert (await ada.run(UPDATE, {"i": made, "n": name}))["updateList"]["errors"] == refused
        assert await names(ada) == ["Friends"]

    async def test_lists_are_paged_newest_first_and_say_which_somebody_is_on(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        for number in range(5):
            await make(ada, f"List {number}", *([bob] if number % 2 else []))
        first = (await ada.run(ALL, {"n": 3}))["lists"]
        assert [each["name"] for each in first["nodes"]] == ["List 4", "List 3", "List 2"]
        assert first["pageInfo"]["hasNextPage"]
        assert await names(ada, n=3, a=first["pageInfo"]["endCursor"]) == ["List 1", "List 0"]
        assert await names(ada, u=bob.user_id) == ["List 3", "List 1"]
        assert await names(bob) == []

    async def test_to_everybody_else_a_list_is_not_there(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        made = await make(ada, "Foes", bob)
        assert (await bob.run(ONE, {"i": made}))["list"] is None
        for answer in (await add(bob, made, bob), await remove(bob, made, bob)):
            assert answer == {"list": None, "success": False, "errors": NO_LIST}
        gone = [{"code": "LIST_NOT_FOUND", "field": "id"}]
        assert (await bob.run(DROP, {"i": made}))["deleteList"]["errors"] == gone
        assert (await bob.run(UPDATE, {"i": made, "n": "Friends"}))["updateList"]["errors"] == gone
        assert (await client.graphql(ONE, {"i": made})).codes == ["UNAUTHENTICATED"]
        assert (await ada.run(ONE, {"i": made}))["list"]["name"] == "Foes"
        assert await on(ada, made) == ["bob"]

    async def test_a_list_of_another_kind_of_id_is_refused(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        assert (await ada.graphql(ONE, {"i": ada.user_id})).codes == ["INVALID_ID"]

    async def test_what_was_done_to_lists_stands_in_the_own_log(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        made = await make(ada, "Friends", bob)
        await add(ada, made, bob)
        await remove(ada, made, bob)
        await remove(ada, made, bob)
        await ada.run(UPDATE, {"i": made, "n": "Friends"})
        await ada.run(UPDATE, {"i": made, "n": "Foes"})
        await ada.run(DROP, {"i": made})
        log = await ada.run("{ myActivity { nodes { action objectId details { name value } } } }")
        entries = [entry for entry in log["myActivity"]["nodes"] if entry["objectId"] == made]
        assert [entry["action"].removeprefix("list:") for entry in entries[::-1]] == [
            "create",
            "add",
            "remove",
            "update",
            "delete",
        ]
        assert entries[-2]["details"] == [{"name": "user", "value": bob.user_id}]


class TestMembers:
    async def test_members_come_and_go_once(self, client: Client) -> None:
        ada, bob, cem = [await client.sign_up(name) for name in ("ada", "bob", "cem")]
        made = await make(ada, "All of us")
        for _ in range(2):
            assert (await add(ada, made, bob))["list"]["membersCount"] == 1
        for user in (cem, ada):
            await add(ada, made, user)
        assert await on(ada, made) == ["ada", "cem", "bob"]
        for _ in range(2):
            left = await remove(ada, made, cem)
            assert [user["username"] for user in left["list"]["members"]["nodes"]] == ["ada", "bob"]
        await add(ada, made, cem)
        assert await on(ada, made) == ["cem", "ada", "bob"]

    async def test_each_change_of_an_operation_says_what_it_left(self, client: Client) -> None:
        ada, bob, cem = [await client.sign_up(name) for name in ("ada", "bob", "cem")]
        made = await make(ada)
        answer = await ada.run(
            "mutation ($i: ID!, $b: ID!, $c: ID!) {"
            f" one: addToList(listId: $i, userId: $b) {{ {ANSWER} }}"
            f" two: addToList(listId: $i, userId: $c) {{ {ANSWER} }}"
            f" three: removeFromList(listId: $i, userId: $b) {{ {ANSWER} }} }}",
            {"i": made, "b": bob.user_id, "c": cem.user_id},
        )
        lists = [answer[name]["list"] for name in ("one", "two", "three")]
        assert [each["membersCount"] for each in lists] == [1, 2, 1]
        assert [[user["username"] for user in each["members"]["nodes"]] for each in lists] == [
            ["bob"],
            ["cem", "bob"],
            ["cem"],
        ]

    async def test_nobody_is_added_whom_the_owner_does_not_see(self, client: Client) -> None:
        mia = await moderator(client)
        ada, *others = [await client.sign_up(name) for name in ("ada", "blocked", "blocking", "banned", "away")]
        blocked, blocking, banned, away = others
        made = await make(ada)
        await ada.run(BLOCK, {"u": blocked.user_id})
        await blocking.run(BLOCK, {"u": ada.user_id})
        await ban(mia, banned)
        await away.run(DEACTIVATE, {"p": PASSWORD})

        assert (await add(ada, made, blocked))["errors"] == [{"code": "BLOCKED_BY_YOU", "field": "userId"}]
        for user in (blocking, banned, away):
            assert (await add(ada, made, user))["errors"] == NO_USER
        assert (await ada.run(ONE, {"i": made}))["list"]["membersCount"] == 0

    async def test_who_goes_out_of_sight_is_hidden_until_coming_back_and_pages_are_refilled(
        self, client: Client
    ) -> None:
        mia = await moderator(client)
        users = [await client.sign_up(f"user{n}") for n in range(6)]
        ada = await client.sign_up("ada")
        made = await make(ada, "All", *users)
        await ada.run(BLOCK, {"u": users[5].user_id})
        await users[4].run(BLOCK, {"u": ada.user_id})
        await ban(mia, users[3])
        await users[1].run(DEACTIVATE, {"p": PASSWORD})

        found = (await ada.run(ONE, {"i": made, "n": 1}))["list"]
        assert found["membersCount"] == 6
        assert found["members"]["nodes"] == [{"username": "user2"}]
        assert found["members"]["pageInfo"]["hasNextPage"]
        after = found["members"]["pageInfo"]["endCursor"]
        rest = (await ada.run(ONE, {"i": made, "n": 1, "a": after}))["list"]["members"]
        assert (rest["nodes"], rest["pageInfo"]["hasNextPage"]) == ([{"username": "user0"}], False)

        await ada.run(UNBLOCK, {"u": users[5].user_id})
        await client.sign_in("user1")
        assert await on(ada, made) == ["user5", "user2", "user1", "user0"]
        assert (await remove(ada, made, users[3]))["list"]["membersCount"] == 5

    async def test_pages_of_many_lists_and_cursors_of_each(self, client: Client) -> None:
        ada, bob, cem = [await client.sign_up(name) for name in ("ada", "bob", "cem")]
        one, other = await make(ada, "One", bob, cem), await make(ada, "Other", cem)
        page = "members(first: 1) { nodes { username } pageInfo { hasNextPage endCursor } }"
        both = (await ada.run(f"{{ lists {{ nodes {{ name {page} }} }} }}"))["lists"]["nodes"]
        assert [(each["name"], each["members"]["nodes"][0]["username"]) for each in both] == [
            ("Other", "cem"),
            ("One", "cem"),
        ]
        assert [each["members"]["pageInfo"]["hasNextPage"] for each in both] == [False, True]
        after = both[1]["members"]["pageInfo"]["endCursor"]
        assert (await ada.run(ONE, {"i": one, "a": after}))["list"]["members"]["nodes"] == [{"username": "bob"}]
        assert (await ada.graphql(ONE, {"i": other, "a": after})).codes == ["INVALID_CURSOR"]


class TestFeeds:
    async def test_what_members_write_is_there_at_once_followed_or_not(self, client: Client) -> None:
        ada, bob, cem, dia = [await client.sign_up(name) for name in ("ada", "bob", "cem", "dia")]
        made, other = await make(ada, "Some", bob, cem), await make(ada, "Others", dia, ada)
        for author, content in ((bob, "1"), (cem, "2"), (dia, "3"), (ada, "4"), (bob, "5")):
            await publish(author, content)
        assert (await read(ada, made), await read(ada, other)) == (["5", "2", "1"], ["4", "3"])
        await remove(ada, made, bob)
        assert await read(ada, made) == ["2"]
        await add(ada, made, dia)
        assert await read(ada, made) == ["3", "2"]
        assert await contents(ada) == ["4"]

    async def test_a_member_shows_followers_what_is_for_followers(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        made = await make(ada, "Some", bob)
        for visibility in ("PUBLIC", "UNLISTED", "FOLLOWERS", "MENTIONED"):
            await write(bob, visibility.lower(), v=visibility)
        await write(bob, "for @ada", v="MENTIONED")
        assert await read(ada, made) == ["for @ada", "public"]
        await follow(ada, bob)
        assert await read(ada, made) == ["for @ada", "followers", "unlisted", "public"]
        assert await read(bob, await make(bob, "Me", bob)) == [
            "for @ada",
            "mentioned",
            "followers",
            "unlisted",
            "public",
        ]

    async def test_what_is_hidden_is_gone_from_the_next_read_and_pages_are_refilled(self, client: Client) -> None:
        mia = await moderator(client)
        ada, *users = [await client.sign_up(name) for name in ("ada", "bob", "cem", "dia", "eve", "fay", "gus")]
        bob, cem, dia, eve, fay, gus = users
        made = await make(ada, "Some", *users)
        for n in range(2):
            for user in users:
                await publish(user, f"{n} by {users.index(user)}")
        assert len(await read(ada, made)) == 12
        await ada.run(BLOCK, {"u": bob.user_id})
        await cem.run(BLOCK, {"u": ada.user_id})
        await ada.run("mutation ($u: ID!) { muteUser(userId: $u) { success } }", {"u": dia.user_id})
        await ban(mia, eve)
        await fay.run(DEACTIVATE, {"p": PASSWORD})
        await gus.run("mutation { updateProfile(isPrivate: true) { success } }")
        assert await read(ada, made) == []
        await follow(ada, gus)
        assert await read(ada, made) == []
        await gus.run("mutation ($u: ID!) { approveFollow(userId: $u) { success } }", {"u": ada.user_id})

        page = (await ada.run(FEED, {"i": made, "n": 1}))["listFeed"]
        assert [edge["node"]["content"] for edge in page["edges"]] == ["1 by 5"]
        assert page["pageInfo"]["hasNextPage"]
        last = (await ada.run(FEED, {"i": made, "n": 1, "a": page["pageInfo"]["endCursor"]}))["listFeed"]
        assert [edge["node"]["content"] for edge in last["edges"]] == ["0 by 5"]
        assert not last["pageInfo"]["hasNextPage"]
        await ada.run('mutation { muteWord(phrase: "1") { success } }')
        assert await read(ada, made) == ["0 by 5"]

    async def test_a_post_that_is_deleted_is_gone_and_one_that_is_restored_is_back(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        made = await make(ada, "Some", bob)
        posts = [await publish(bob, str(n)) for n in range(3)]
        await delete(bob, posts[1])
        assert await read(ada, made) == ["2", "0"]
        await restore(bob, posts[1])
        assert await read(ada, made) == ["2", "1", "0"]

    async def test_a_feed_is_its_owners_and_a_cursor_of_one_list(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        made, other = await make(ada, "Some", bob), await make(ada, "Others", bob)
        for n in range(3):
            await publish(bob, str(n))
        after = (await ada.run(FEED, {"i": made, "n": 2}))["listFeed"]["pageInfo"]["endCursor"]
        assert await read(ada, made, a=after) == ["0"]
        assert (await ada.graphql(FEED, {"i": other, "a": after})).codes == ["INVALID_CURSOR"]
        assert (await bob.graphql(FEED, {"i": made})).codes == ["LIST_NOT_FOUND"]
        assert (await client.graphql(FEED, {"i": made})).codes == ["UNAUTHENTICATED"]
        assert (await ada.graphql(FEED, {"i": made, "n": 101})).codes == ["INVALID_PAGE_SIZE"]
        await ada.run(DROP, {"i": made})
        assert (await ada.graphql(FEED, {"i": made})).codes == ["LIST_NOT_FOUND"]


class TestLimits:
    async def test_there_are_at_most_so_many_lists_also_when_many_are_made_at_once(self, client: Client) -> None:
        ada, builder = await client.sign_up("ada"), Builder(node=9)
        owner_id = parse_user_id(ada.user_id or "")
        async with client.app.storage.uow() as tx:
            for n in range(LISTS_MAX - 3):
                at = builder.clock.now()
                await tx.lists.add(UserList.make(builder.ids.list(), owner_id, f"List {n}", at=at))
        made = await asyncio.gather(*(ada.run(CREATE, {"n": "One more"}) for _ in range(10)))
        refused = [answer["createList"]["errors"] for answer in made if not answer["createList"]["success"]]
        assert refused == [[{"code": "TOO_MANY_LISTS", "field": None}]] * 7
        assert len(await names(ada, n=100)) == LISTS_MAX

    async def test_there_are_at_most_so_many_on_a_list_also_when_many_are_put_there_at_once(
        self, client: Client, crowd: Crowd
    ) -> None:
        ada = await client.sign_up("ada")
        made = parse_list_id(await make(ada))
        users = await crowd.of(12)
        await fill(client, crowd, made, MEMBERS_MAX - 5)
        putting = [ada.run(ADD, {"i": str(made), "u": str(user.id)}) for user in users]
        errors = [answer["addToList"]["errors"] for answer in await asyncio.gather(*putting)]
        assert errors.count([]) == 5
        assert errors.count([{"code": "TOO_MANY_MEMBERS", "field": None}]) == 7
        assert (await client.app.storage.lists.member_counts([made])) == {made: MEMBERS_MAX}
        # Who is there already may be put there again.
        there = next(user for user, error in zip(users, errors, strict=True) if not error)
        again = (await ada.run(ADD, {"i": str(made), "u": str(there.id)}))["addToList"]
        assert (again["errors"], again["list"]["membersCount"]) == ([], MEMBERS_MAX)


async def fill(client: Client, crowd: Crowd, made: ListId, number: int) -> None:
    """Puts so many strangers on the list, of whom nobody has an account."""
    found = (await client.app.storage.lists.lists_by_ids([made]))[made]
    async with client.app.storage.uow() as tx:
        for _ in range(number):
            await tx.lists.add_member(crowd.make.member(found, crowd.make.user()))


class TestErasure:
    async def test_whoever_is_erased_leaves_no_list_and_is_on_none(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        ada, bob, cem = [await client.sign_up(name) for name in ("ada", "bob", "cem")]
        of_ada, of_bob = await make(ada, "Ada's", bob, cem), await make(bob, "Bob's", ada, cem)
        await ada.run(DELETE, {"p": PASSWORD})
        assert (await bob.run(ONE, {"i": of_bob}))["list"]["membersCount"] == 2
        assert await on(bob, of_bob) == ["cem"]

        clock.advance(ERASED_AFTER)
        assert await erase(client) == 1

        bob = await client.sign_in("bob")
        assert (await bob.run(ONE, {"i": of_bob}))["list"]["membersCount"] == 1
        lists = client.app.storage.lists
        assert await lists.page(UserId(int(ada.user_id or 0)), limit=10) == []
        assert await lists.members([parse_list_id(of_ada)], limit=10) in ({}, {parse_list_id(of_ada): []})
