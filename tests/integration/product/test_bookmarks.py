"""What people keep for later, where nobody else looks."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from socialfeed.domain.ids import UserId
from socialfeed.domain.user import ERASED_AFTER
from socialfeed.testing.client import PASSWORD, Client, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.conftest import BACKENDS, backend
from tests.integration.product.test_members import BAN, moderator
from tests.integration.product.test_post_options import change, write
from tests.integration.product.test_posts import delete, restore
from tests.integration.product.test_social import follow, publish

KEEP = """mutation ($p: ID!, $f: String! = "") {
  bookmarkPost(postId: $p, folder: $f) { post { id isBookmarked } isBookmarked success errors { code field } }
}"""
REMOVE = """mutation ($p: ID!) {
  removeBookmark(postId: $p) { post { isBookmarked } isBookmarked success errors { code field } }
}"""
LIST = """query ($f: String, $n: Int! = 20, $a: String) {
  bookmarks(folder: $f, first: $n, after: $a) {
    nodes { folder post { content isBookmarked } } pageInfo { hasNextPage endCursor }
  }
  bookmarkFolders { name count }
}"""
RENAME = """mutation ($o: String!, $n: String!) {
  renameBookmarkFolder(name: $o, newName: $n) { folders { name count } success errors { code field } }
}"""
DELETE_FOLDER = """mutation ($n: String!) {
  deleteBookmarkFolder(name: $n) { folders { name count } success errors { code field } }
}"""
NO_POST = [{"code": "POST_NOT_FOUND", "field": "postId"}]


async def keep(client: Client, post: str, folder: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(KEEP, {"p": post, "f": folder}))["bookmarkPost"]
    return answer


async def remove(client: Client, post: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(REMOVE, {"p": post}))["removeBookmark"]
    return answer


async def kept(client: Client, folder: str | None = None) -> list[str]:
    """The contents of what is kept; each says that it is."""
    nodes = (await client.run(LIST, {"f": folder}))["bookmarks"]["nodes"]
    assert all(node["post"]["isBookmarked"] for node in nodes)
    return [node["post"]["content"] for node in nodes]


async def folders(client: Client) -> dict[str, int]:
    found = (await client.run(LIST))["bookmarkFolders"]
    return {folder["name"]: folder["count"] for folder in found}


class TestKeeping:
    async def test_what_is_kept_is_listed_newest_first_and_marked_wherever_it_stands(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        posts = [await publish(ada, str(n)) for n in range(3)]
        await follow(bob, ada)
        for number in (1, 2, 0):
            assert (await keep(bob, posts[number]))["post"] == {"id": posts[number], "isBookmarked": True}

        assert await kept(bob) == ["0", "2", "1"]
        assert (await remove(bob, posts[2]))["isBookmarked"] is False
        assert await kept(bob) == ["0", "1"]
        feed = (await bob.run("{ userFeed { items { content isBookmarked } } }"))["userFeed"]["items"]
        assert {item["content"]: item["isBookmarked"] for item in feed} == {"0": True, "1": True, "2": False}

    async def test_keeping_twice_changes_nothing_and_another_folder_moves_it(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        first, second = await publish(ada, "first"), await publish(ada, "second")
        await keep(ada, first)
        await keep(ada, second)

        await asyncio.gather(*(keep(ada, first) for _ in range(10)))
        assert await kept(ada) == ["second", "first"]
        await asyncio.gather(*(keep(ada, first, " later ") for _ in range(10)))

        assert await kept(ada) == ["second", "first"]
        assert await kept(ada, "later") == ["first"]
        assert await kept(ada, "") == ["second"]
        assert await kept(ada, "nowhere") == []
        assert await folders(ada) == {"": 1, "later": 1}
        for _ in range(2):
            assert (await remove(ada, first))["success"]
        assert await folders(ada) == {"": 1}

    async def test_bookmarks_are_paged(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        for n in range(5):
            await keep(ada, await publish(ada, str(n)), "x" if n % 2 else "")
        found, after, pages = list[str](), None, 0
        while pages == 0 or after:
            page = (await ada.run(LIST, {"n": 2, "a": after}))["bookmarks"]
            found += [node["post"]["content"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
            pages += 1
        assert (found, pages) == (["4", "3", "2", "1", "0"], 3)

    @pytest.mark.parametrize(("folder", "code"), [("x" * 51, "TOO_LONG"), ("a\0b", "INVALID_CHARACTER")])
    async def test_names_that_make_no_sense_are_refused(self, client: Client, folder: str, code: str) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "first")
        assert (await keep(ada, post, folder))["errors"] == [{"code": code, "field": "folder"}]
        assert (await ada.graphql(LIST, {"f": folder})).codes == [code]
        assert await kept(ada) == []


class TestFolders:
    async def test_a_folder_is_renamed_with_all_that_is_in_it(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        for n in range(3):
            await keep(ada, await publish(ada, str(n)), "old" if n else "other")

        renamed = (await ada.run(RENAME, {"o": "old", "n": "new"}))["renameBookmarkFolder"]

        assert renamed["folders"] == [{"name": "new", "count": 2}, {"name": "other", "count": 1}]
        assert await kept(ada, "new") == ["2", "1"]
        same = (await ada.run(RENAME, {"o": "new", "n": "new"}))["renameBookmarkFolder"]
        assert same["folders"] == renamed["folders"]

    @pytest.mark.parametrize(
        ("old", "new", "code", "field"),
        [
            ("gone", "new", "FOLDER_NOT_FOUND", "name"),
            ("one", "two", "FOLDER_EXISTS", "newName"),
            ("", "new", "DEFAULT_FOLDER", "name"),
            ("one", " ", "DEFAULT_FOLDER", "newName"),
            ("one", "x" * 51, "TOO_LONG", "newName"),
        ],
    )
    async def test_what_cannot_be_renamed_stays(
        self, client: Client, old: str, new: str, code: str, field: str
    ) -> None:
        ada = await client.sign_up("ada")
        for folder in ("one", "two", ""):
            await keep(ada, await publish(ada, folder or "default"), folder)
        refused = (await ada.run(RENAME, {"o": old, "n": new}))["renameBookmarkFolder"]
        assert refused["errors"] == [{"code": code, "field": field}]
        assert await folders(ada) == {"": 1, "one": 1, "two": 1}

    async def test_what_was_in_a_deleted_folder_is_in_the_default_one(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "first")
        for reader in (ada, bob):
            await keep(reader, post, "later")
        deleted = (await ada.run(DELETE_FOLDER, {"n": "later"}))["deleteBookmarkFolder"]
        assert deleted["folders"] == [{"name": "", "count": 1}]
        assert await kept(ada, "") == ["first"]
        assert await kept(bob, "later") == ["first"]
        again = (await ada.run(DELETE_FOLDER, {"n": "later"}))["deleteBookmarkFolder"]
        assert again["errors"] == [{"code": "FOLDER_NOT_FOUND", "field": "name"}]

    async def test_there_are_at_most_a_hundred_folders_also_when_many_are_made_at_once(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        posts = [await publish(ada, str(n)) for n in range(105)]
        answers = await asyncio.gather(*(keep(ada, post, f"folder {n}") for n, post in enumerate(posts)))
        refused = [answer["errors"] for answer in answers if not answer["success"]]
        assert refused == [[{"code": "TOO_MANY_FOLDERS", "field": "folder"}]] * 5
        known = next(iter(await folders(ada)))
        assert (await keep(ada, posts[0], known))["success"]
        assert (await keep(ada, posts[1]))["success"]


class TestHidden:
    async def test_33_bookmarks_never_show_hidden_posts_and_the_page_is_refilled(self, client: Client) -> None:
        ada, bob, cleo = [await client.sign_up(name) for name in ("ada", "bob", "cleo")]
        hidden = [await publish(ada, f"ada {n}") for n in range(4)]
        shown = [await publish(bob, f"bob {n}") for n in range(4)]
        for one, other in zip(shown, hidden, strict=True):
            await keep(cleo, one, "later")
            await keep(cleo, other, "later")
        await ada.run("mutation { updateProfile(isPrivate: true) { success } }")

        for folder in (None, "later"):
            page = (await cleo.run(LIST, {"n": 3, "f": folder}))["bookmarks"]
            assert [node["post"]["content"] for node in page["nodes"]] == ["bob 3", "bob 2", "bob 1"]
            assert page["pageInfo"]["hasNextPage"]
            rest = await cleo.run(LIST, {"n": 3, "f": folder, "a": page["pageInfo"]["endCursor"]})
            assert [node["post"]["content"] for node in rest["bookmarks"]["nodes"]] == ["bob 0"]
            assert not rest["bookmarks"]["pageInfo"]["hasNextPage"]
        assert (await keep(cleo, hidden[0]))["errors"] == NO_POST
        removed = await remove(cleo, hidden[0])
        assert (removed["success"], removed["post"]) == (True, None)
        assert await folders(cleo) == {"later": 7}

    async def test_33_what_is_deleted_banned_or_for_others_is_left_out_until_it_is_back(self, client: Client) -> None:
        ada, bob, mia = await client.sign_up("ada"), await client.sign_up("bob"), await moderator(client)
        first, second = await publish(ada, "first"), (await write(ada, "second"))["post"]["id"]
        for post in (first, second):
            await keep(bob, post)
        await delete(ada, first)
        assert await kept(bob) == ["second"]
        await restore(ada, first)
        assert await kept(bob) == ["second", "first"]
        await change(ada, second, v="MENTIONED")
        assert await kept(bob) == ["first"]
        await change(ada, second, v="FOLLOWERS")
        assert await kept(bob) == ["first"]
        await follow(bob, ada)
        assert await kept(bob) == ["second", "first"]
        await mia.run(BAN, {"u": ada.user_id})
        assert await kept(bob) == []

    async def test_33_nobody_learns_what_somebody_keeps(self, client: Client) -> None:
        ada, bob, mia = await client.sign_up("ada"), await client.sign_up("bob"), await moderator(client)
        post = await publish(ada, "first")
        await keep(bob, post, "secret plans")
        await keep(bob, post, "other plans")
        await remove(bob, post)
        await keep(bob, post, "secret plans")
        for reader in (ada, mia):
            assert await kept(reader) == []
            assert await folders(reader) == {}
            seen = await reader.run("query ($i: ID!) { post(id: $i) { isBookmarked } }", {"i": post})
            assert seen["post"]["isBookmarked"] is False
        log = await mia.run(
            "query ($u: ID!) { activityLog(filter: {actorId: $u}) { nodes { action objectId details { value } } } }",
            {"u": bob.user_id},
        )
        said = [node for node in log["activityLog"]["nodes"] if "bookmark" in node["action"]]
        assert [node["action"] for node in said] == [
            "post:bookmark",
            "post:unbookmark",
            "post:bookmark",
            "post:bookmark",
        ]
        assert all(node["objectId"] is None and node["details"] == [] for node in said)


@pytest.fixture(params=BACKENDS)
async def timed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Client, FixedClock]]:
    clock = FixedClock()
    async with open_client(clock=clock, data_dir=tmp_path, **await backend(request.param, request, tmp_path)) as client:
        yield client, clock


async def test_nothing_that_an_erased_account_kept_is_left(timed: tuple[Client, FixedClock]) -> None:
    client, clock = timed
    ada = await client.sign_up("ada")
    post = await publish(ada, "first")
    await keep(ada, post, "secret plans")
    await ada.run("mutation ($p: ID!) { pinPost(postId: $p) { success } }", {"p": post})
    await ada.run("mutation ($p: String!) { deleteAccount(currentPassword: $p) { success } }", {"p": PASSWORD})
    storage, ada_id = client.app.storage, UserId(int(ada.user_id or 0))
    assert len(await storage.bookmarks.folders(ada_id)) == len(await storage.pins.pinned([ada_id])) == 1

    clock.advance(ERASED_AFTER)
    assert await client.app.services.own_account.erase_due() == 1

    assert await storage.bookmarks.page(ada_id, limit=10) == []
    assert await storage.pins.pinned([ada_id]) == {}
