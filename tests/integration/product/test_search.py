"""Searching, as those who search see it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Visibility
from socialfeed.domain.user import UserStatus
from socialfeed.testing.client import Client, open_client
from tests.integration.product.test_members import ban, moderator
from tests.integration.product.test_posts import delete, restore, update
from tests.integration.product.test_social import follow, publish

SEARCH = """query (
  $q: String!, $author: String, $tag: String, $since: DateTime, $until: DateTime, $language: String,
  $hasMedia: Boolean, $sort: SearchSort! = RECENT, $first: Int! = 20, $after: String
) {
  searchPosts(
    query: $q, author: $author, tag: $tag, since: $since, until: $until, language: $language, hasMedia: $hasMedia,
    sort: $sort, first: $first, after: $after
  ) {
    edges { cursor node { id content } highlights { text isMatch } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
PEOPLE = """query ($q: String!, $first: Int! = 20, $after: String) {
  searchUsers(query: $q, first: $first, after: $after) {
    edges { cursor node { username } } pageInfo { hasNextPage endCursor }
  }
}"""
CREATE = """mutation ($c: String!, $v: Visibility! = PUBLIC, $l: String, $i: String) {
  createPost(content: $c, visibility: $v, language: $l, imageUrl: $i) { success post { id createdAt } }
}"""


async def create(author: Client, content: str, **options: str) -> dict[str, Any]:
    made = (await author.run(CREATE, {"c": content, **options}))["createPost"]
    assert made["success"]
    post: dict[str, Any] = made["post"]
    return post


async def search(viewer: Client, text: str, **narrowed: Any) -> dict[str, Any]:
    page: dict[str, Any] = (await viewer.run(SEARCH, {"q": text, **narrowed}))["searchPosts"]
    assert [edge["node"]["id"] for edge in page["edges"]] == [node["id"] for node in page["nodes"]]
    return page


async def found(viewer: Client, text: str, **narrowed: Any) -> list[str]:
    """What both sorts find, the newest first."""
    newest = [edge["node"]["content"] for edge in (await search(viewer, text, **narrowed))["edges"]]
    best = [edge["node"]["content"] for edge in (await search(viewer, text, **narrowed, sort="RELEVANCE"))["edges"]]
    assert sorted(best) == sorted(newest)
    return newest


async def people(viewer: Client, text: str) -> list[str]:
    page = (await viewer.run(PEOPLE, {"q": text}))["searchUsers"]
    return [edge["node"]["username"] for edge in page["edges"]]


async def paged(viewer: Client, operation: str, field: str, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes of all pages, one after the other."""
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await viewer.run(operation, {**variables, "after": after}))[field]
        assert len(page["edges"]) <= variables["first"]
        nodes += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]


async def test_posts_are_found_by_words_phrases_and_beginnings_in_any_script(client: Client) -> None:
    ada = await client.sign_up("ada")
    for content in ("The quick red Fox", "A fox ran: quick!", "naïve café", "私は東京タワーへ行く", "red hen"):
        await publish(ada, content)
    await ada.settle()
    assert await found(client, "fox quick") == ["A fox ran: quick!", "The quick red Fox"]
    assert await found(client, '"quick red"') == ["The quick red Fox"]
    assert await found(client, "qui* -ran") == ["The quick red Fox"]
    assert await found(client, "CAFE") == ["naïve café"]
    assert await found(client, "東京") == ["私は東京タワーへ行く"]
    assert await found(client, "fox hen") == []


async def test_highlights_are_pieces_of_what_the_post_says(client: Client) -> None:
    ada = await client.sign_up("ada")
    await publish(ada, "<b>Red</b> & a red-hot Café")
    await ada.settle()
    (edge,) = (await search(client, "red cafe"))["edges"]
    assert [(piece["text"], piece["isMatch"]) for piece in edge["highlights"]] == [
        ("<b>", False),
        ("Red", True),
        ("</b> & a ", False),
        ("red", True),
        ("-hot ", False),
        ("Café", True),
    ]


async def test_filters_narrow_what_is_found(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    await create(ada, "hello from Ada #Garden", l="de-AT", i="https://example.org/a.png")
    middle = await create(bob, "hello from Bob #garden_party", l="en")
    await create(ada, "hello again #garden", l="de")
    await ada.settle()
    both = ["hello again #garden", "hello from Ada #Garden"]
    assert await found(client, "hello", author="ada") == both
    assert await found(client, "hello", author="@ADA") == both
    assert await found(client, "hello", tag="#GARDEN") == both
    assert await found(client, "hello", tag="garden_party") == ["hello from Bob #garden_party"]
    assert await found(client, "hello", language="de") == both
    assert await found(client, "hello", language="de-AT") == ["hello from Ada #Garden"]
    assert await found(client, "hello", hasMedia=True) == ["hello from Ada #Garden"]
    assert await found(client, "hello", hasMedia=False, author="ada") == ["hello again #garden"]
    assert (await found(client, "hello", since=middle["createdAt"]))[-1] == "hello from Bob #garden_party"
    assert await found(client, "hello", until=middle["createdAt"]) == ["hello from Ada #Garden"]
    for nothing in (
        {"author": "nobody"},
        {"author": "\0"},
        {"tag": "x" * 5_000},
        {"language": "fr"},
        {"since": "2200-01-01T00:00:00Z"},
        {"until": "1970-01-01T00:00:00Z"},
    ):
        assert await found(client, "hello", **nothing) == []


@pytest.mark.parametrize("sort", ["RECENT", "RELEVANCE"])
async def test_pages_go_on_where_the_last_one_ended_though_others_write(client: Client, sort: str) -> None:
    ada = await client.sign_up("ada")
    for n in range(11):
        await publish(ada, f"number {n} " + "fox " * (1 + n % 4))
    await ada.settle()
    whole = [edge["node"] for edge in (await search(client, "fox", sort=sort))["edges"]]
    assert len(whole) == 11
    first = await search(client, "fox", sort=sort, first=4)
    new = await publish(ada, "fox " * 20)
    await ada.settle()
    rest = await search(client, "fox", sort=sort, first=8, after=first["pageInfo"]["endCursor"])
    pages = [edge["node"] for edge in first["edges"] + rest["edges"]]
    # The new one may have its place among those to come, as it was written in the same moment.
    assert [node for node in pages if node["id"] != new] == whole
    assert first["pageInfo"]["hasNextPage"]
    assert rest["pageInfo"] | {"startCursor": None, "endCursor": None} == {
        "hasNextPage": False,
        "hasPreviousPage": True,
        "startCursor": None,
        "endCursor": None,
    }


async def test_the_most_relevant_come_first_and_the_newest_where_that_is_asked_for(client: Client) -> None:
    ada = await client.sign_up("ada")
    await publish(ada, "fox fox fox and one hen")
    await publish(ada, "fox and hens and one hare")
    await ada.settle()
    best = [edge["node"]["content"] for edge in (await search(client, "fox", sort="RELEVANCE"))["edges"]]
    newest = [edge["node"]["content"] for edge in (await search(client, "fox", sort="RECENT"))["edges"]]
    assert best == newest[::-1] == ["fox fox fox and one hen", "fox and hens and one hare"]


async def test_what_changes_is_found_as_it_is_and_what_is_gone_is_gone_before_any_job_ran(client: Client) -> None:
    ada = await client.sign_up("ada")
    post = await publish(ada, "hello world")
    await ada.settle()
    await update(ada, post, content="goodbye world")
    assert await found(client, "hello") == []
    assert await found(client, "world") == ["goodbye world"]
    await ada.settle()
    assert await found(client, "goodbye") == ["goodbye world"]
    await delete(ada, post)
    assert await found(client, "goodbye") == []
    await ada.settle()
    assert await found(client, "goodbye") == []
    await restore(ada, post)
    await ada.settle()
    assert await found(client, "goodbye") == ["goodbye world"]


@pytest.mark.parametrize("visibility", [each.name for each in Visibility if each is not Visibility.PUBLIC])
async def test_33_only_public_posts_are_found_whoever_searches(client: Client, visibility: str) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    await follow(bob, ada)
    await create(ada, "secret for @bob", v=visibility)
    await ada.settle()
    for viewer in (client, ada, bob):
        assert await found(viewer, "secret") == []


@pytest.mark.parametrize("settled", [False, True])
async def test_33_posts_of_accounts_that_are_hidden_are_not_found_whether_or_not_the_index_knows(
    client: Client, settled: bool
) -> None:
    judge, bob = await moderator(client), await client.sign_up("bob")
    hidden = {name: await client.sign_up(name) for name in ("banned", "private", "gone")}
    await follow(bob, hidden["private"])
    for author in (bob, *hidden.values()):
        await publish(author, f"secret of {author.user_id}")
    await bob.settle()
    assert len(await found(client, "secret")) == 4

    await ban(judge, hidden["banned"])
    await hidden["private"].run("mutation { updateProfile(isPrivate: true) { success } }")
    await hidden["gone"].run('mutation { deactivateAccount(currentPassword: "correct horse battery") { success } }')
    if settled:
        await bob.settle()

    # A follower sees what is private, but not here, where nobody asked for its author.
    for viewer in (client, bob, judge, hidden["private"]):
        assert await found(viewer, "secret") == [f"secret of {bob.user_id}"]
        assert await found(viewer, "secret", author="banned") == []
        assert await people(viewer, "banned") == []
        assert await people(viewer, "gone") == []
        assert await people(viewer, "private") == ["private"]

    await hidden["private"].run("mutation { updateProfile(isPrivate: false) { success } }")
    await client.sign_in("gone")
    await bob.settle()
    assert len(await found(client, "secret")) == 3
    assert await people(client, "gone") == ["gone"]


async def test_33_who_is_blocked_or_muted_is_not_found_and_pages_are_refilled(client: Client) -> None:
    ada, bob, eve = [await client.sign_up(name) for name in ("ada", "bob", "eve")]
    for n in range(12):
        await publish((ada, eve)[n % 2], f"number {n} says fox")
    await ada.settle()
    everything = await found(client, "fox")
    of_ada = everything[1::2]
    assert len(everything) == 12

    for mutation, undo, who, whom in (
        ("blockUser", "unblockUser", bob, eve),
        ("blockUser", "unblockUser", eve, bob),
        ("muteUser", "unmuteUser", bob, eve),
    ):
        await who.run(f"mutation ($u: ID!) {{ {mutation}(userId: $u) {{ success }} }}", {"u": whom.user_id})
        assert await found(bob, "fox") == of_ada
        for sort in ("RECENT", "RELEVANCE"):
            pages = await paged(bob, SEARCH, "searchPosts", {"q": "fox", "sort": sort, "first": 4})
            assert sorted(node["content"] for node in pages) == sorted(of_ada)
            first = await search(bob, "fox", sort=sort, first=5)
            assert len(first["edges"]) == 5
            assert first["pageInfo"]["endCursor"] == first["edges"][-1]["cursor"]
        if mutation == "blockUser":
            assert await people(bob, "eve") == []
        assert await found(client, "fox") == everything
        await who.run(f"mutation ($u: ID!) {{ {undo}(userId: $u) {{ success }} }}", {"u": whom.user_id})
        assert await found(bob, "fox") == everything
    assert await people(bob, "eve") == ["eve"]


async def test_33_muted_words_are_not_found_by_who_muted_them(client: Client) -> None:
    ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
    await publish(ada, "a fox and a spoiler")
    await publish(ada, "a fox")
    await ada.settle()
    await bob.run('mutation { muteWord(phrase: "spoiler") { success } }')
    assert await found(bob, "fox") == ["a fox"]
    assert await found(client, "fox") == ["a fox", "a fox and a spoiler"]


async def test_33_cursors_tell_nothing_of_what_is_hidden(client: Client) -> None:
    """Where all of a page is shown, they are made of what is shown and of a moment."""
    ada, eve = await client.sign_up("ada"), await client.sign_up("eve")
    await publish(ada, "fox")
    await publish(eve, "fox")
    await ada.settle()
    await ada.run("mutation ($u: ID!) { blockUser(userId: $u) { success } }", {"u": eve.user_id})
    for sort in ("RECENT", "RELEVANCE"):
        page = await search(ada, "fox", sort=sort, first=1)
        assert len(page["edges"]) == 1
        assert page["pageInfo"]["endCursor"] == page["edges"][0]["cursor"]
        assert not page["pageInfo"]["hasNextPage"]
    nothing = await search(eve, "fox", author="ada")
    assert nothing["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


async def test_people_are_found_by_name_with_slips_and_in_pages(client: Client) -> None:
    for name in ("ada_lovelace", "michael", "maria_1", "maria_2", "mariana"):
        await client.sign_up(name)
    await client.settle()
    assert await people(client, "lovelase") == ["ada_lovelace"]
    assert await people(client, "@ada") == ["ada_lovelace"]
    assert await people(client, "micheal") == ["michael"]
    assert await people(client, "maria") == ["maria_1", "maria_2", "mariana"]
    pages = await paged(client, PEOPLE, "searchUsers", {"q": "maria", "first": 1})
    assert [node["username"] for node in pages] == ["maria_1", "maria_2", "mariana"]


async def test_who_changes_the_name_is_found_by_the_new_one_and_who_is_not_verified_not_at_all(client: Client) -> None:
    ada = await client.sign_up("ada")
    await client.run(
        'mutation { registerUser(username: "waiting", email: "w@example.org", password: "correct horse battery")'
        " { success } }"
    )
    await ada.run('mutation { updateProfile(firstName: "Augusta", lastName: "King") { success } }')
    await ada.settle()
    assert await people(client, "augusta king") == ["ada"]
    assert await people(client, "waiting") == []


@pytest.fixture
async def small(tmp_path: Path) -> Any:
    async with open_client(data_dir=tmp_path) as client:
        yield client


@pytest.mark.parametrize(
    ("variables", "code", "field"),
    [
        ({"q": ""}, "NOTHING_TO_SEARCH", "query"),
        ({"q": "-rain"}, "NOTHING_TO_SEARCH", "query"),
        ({"q": "x" * 257}, "TOO_LONG", "query"),
        ({"q": "a*"}, "PREFIX_TOO_SHORT", "query"),
        ({"q": "fox", "first": 0}, "INVALID_PAGE_SIZE", "first"),
        ({"q": "fox", "first": 101}, "INVALID_PAGE_SIZE", "first"),
        ({"q": "fox", "after": "nonsense"}, "INVALID_CURSOR", "after"),
        ({"q": "fox", "after": "nonsense", "sort": "RELEVANCE"}, "INVALID_CURSOR", "after"),
    ],
)
async def test_a_search_that_makes_no_sense_says_why(
    small: Client, variables: dict[str, Any], code: str, field: str
) -> None:
    answer = await small.graphql(SEARCH, variables)
    (error,) = answer.errors
    assert (error["extensions"]["code"], error["extensions"]["field"]) == (code, field)
    if "sort" not in variables and code != "PREFIX_TOO_SHORT" and variables["q"] != "-rain":
        answer = await small.graphql(PEOPLE, variables)
        assert answer.codes == [code]


async def test_a_cursor_of_one_sort_is_none_of_the_other(small: Client) -> None:
    ada = await small.sign_up("ada")
    await publish(ada, "fox")
    await ada.settle()
    for sort, other in (("RECENT", "RELEVANCE"), ("RELEVANCE", "RECENT")):
        cursor = (await search(small, "fox", sort=sort))["edges"][0]["cursor"]
        answer = await small.graphql(SEARCH, {"q": "fox", "sort": other, "after": cursor})
        assert answer.codes == ["INVALID_CURSOR"]
        assert (await small.graphql(PEOPLE, {"q": "fox", "after": cursor})).codes == ["INVALID_CURSOR"]


async def test_a_page_says_that_there_is_more_when_very_much_is_hidden(small: Client) -> None:
    """And following it leads to what is not."""
    ada, eve = await small.sign_up("ada"), await small.sign_up("eve")
    await publish(ada, "fox, the first of all")
    for n in range(120):
        await publish(eve, f"fox {n}")
    await ada.settle()
    async with small.app.storage.uow() as tx:
        user = await tx.users.get(UserId(int(eve.user_id or 0)))
        assert user is not None
        await tx.users.save(replace(user, status=UserStatus.BANNED))
    for sort in ("RECENT", "RELEVANCE"):
        nodes = await paged(small, SEARCH, "searchPosts", {"q": "fox", "sort": sort, "first": 1})
        assert [node["content"] for node in nodes] == ["fox, the first of all"]
