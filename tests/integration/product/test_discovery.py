"""What is found without having asked for its author: trends, tags and what is public."""

from typing import Any

import pytest

from socialfeed.testing.client import Client

CREATE = """mutation ($c: String!, $l: String, $v: Visibility!, $s: Boolean!) {
  createPost(content: $c, language: $l, visibility: $v, sensitive: $s) { post { id } }
}"""
PAGE = "nodes { content } pageInfo { hasNextPage endCursor }"
TAG = f"query ($t: String!, $n: Int!, $a: String) {{ tagFeed(tag: $t, first: $n, after: $a) {{ {PAGE} }} }}"
PUBLIC = f"query ($n: Int!, $a: String) {{ publicFeed(first: $n, after: $a) {{ {PAGE} }} }}"
SPOKEN = f"query ($n: Int!, $a: String, $l: String) {{ publicFeed(language: $l, first: $n, after: $a) {{ {PAGE} }} }}"


async def publish(
    author: Client, content: str, language: str | None = None, *, visibility: str = "PUBLIC", sensitive: bool = False
) -> str:
    said = {"c": content, "l": language, "v": visibility, "s": sensitive}
    return str((await author.run(CREATE, said))["createPost"]["post"]["id"])


async def like(reader: Client, *posts: str) -> None:
    for post in posts:
        await reader.run("mutation ($p: ID!) { likePost(postId: $p) { success } }", {"p": post})


async def trending(viewer: Client, arguments: str = "") -> list[str]:
    page = await viewer.run(f"{{ trendingPosts{arguments} {{ items {{ content }} totalItems }} }}")
    items = page["trendingPosts"]["items"]
    assert page["trendingPosts"]["totalItems"] == len(items)
    return [item["content"] for item in items]


async def tags(viewer: Client, arguments: str = "") -> list[tuple[str, int, int]]:
    found = (await viewer.run(f"{{ trendingTags{arguments} {{ name postsCount authorsCount }} }}"))["trendingTags"]
    return [(each["name"], each["postsCount"], each["authorsCount"]) for each in found]


async def feed(
    viewer: Client, query: str, first: int = 20, after: str | None = None, **more: Any
) -> tuple[list[str], Any]:
    (page,) = (await viewer.run(query, {"n": first, "a": after, **more})).values()
    return [node["content"] for node in page["nodes"]], page["pageInfo"]


class TestTrends:
    async def test_trends_are_of_a_language_under_a_tag_and_of_now_or_the_day(self, client: Client) -> None:
        ada, bob, eve = [await client.sign_up(name) for name in ("ada", "bob", "eve")]
        german = await publish(ada, "Guten Tag #art", "de")
        austrian = await publish(ada, "Servus #Art #rain", "de-AT")
        english = await publish(bob, "Hello #rain", "en")
        await like(eve, german, austrian, english)
        await like(bob, german, austrian)
        await like(ada, english)
        await like(await client.sign_up("max"), austrian)
        await client.settle()

        for window in ("NOW", "TODAY"):
            assert (await trending(client, f"(window: {window})"))[0] == "Servus #Art #rain"
            assert sorted(await trending(client, f"(window: {window})")) == [
                "Guten Tag #art",
                "Hello #rain",
                "Servus #Art #rain",
            ]
        assert await trending(client, '(language: "de")') == ["Servus #Art #rain", "Guten Tag #art"]
        assert await trending(client, '(language: "de-AT")') == ["Servus #Art #rain"]
        assert await trending(client, '(tag: "#ART")') == ["Servus #Art #rain", "Guten Tag #art"]
        assert await trending(client, '(tag: "rain", language: "de")') == ["Servus #Art #rain"]
        assert await trending(client, '(tag: "snow")') == []

    async def test_trending_tags_count_each_author_once(self, client: Client) -> None:
        """Ada's two posts do no more for a tag than the better one of them."""
        ada, bob, eve = [await client.sign_up(name) for name in ("ada", "bob", "eve")]
        mine = [await publish(ada, f"#art {n}", "de") for n in range(2)]
        await like(eve, *mine, await publish(ada, "#rain", "en"), await publish(bob, "more #rain", "en"))
        await client.settle()

        assert await tags(client) == [("rain", 2, 2), ("art", 2, 1)]
        assert await tags(client, "(first: 1, window: NOW)") == [("rain", 2, 2)]
        assert await tags(client, '(language: "de")') == [("art", 2, 1)]
        await eve.run('mutation { muteWord(phrase: "#rain") { success } }')
        assert await tags(eve) == [("art", 2, 1)]

    async def test_own_likes_and_posts_with_a_warning_do_not_trend(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        await like(ada, await publish(ada, "look at me"))
        await like(
            bob, await publish(ada, "mind this", sensitive=True), await publish(ada, "seen", visibility="UNLISTED")
        )
        await client.settle()
        for viewer in (client, ada, bob):
            assert await trending(viewer) == []

    async def test_a_post_that_lost_its_tag_is_not_among_those_with_it(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        post = await publish(ada, "#art")
        await like(bob, post)
        await client.settle()
        edit = 'mutation ($p: ID!) { updatePost(postId: $p, content: "no more") { success } }'
        await ada.run(edit, {"p": post})
        await client.settle()
        assert await trending(client, '(tag: "art")') == []
        assert await tags(client) == []
        assert await trending(client) == ["no more"]

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [('tag: ""', "INVALID_TAG"), ('tag: "two words"', "INVALID_TAG"), ('language: "klingon"', "INVALID_LOCALE")],
    )
    async def test_what_is_no_tag_or_language_is_refused(self, client: Client, arguments: str, code: str) -> None:
        answer = await client.graphql(f"{{ trendingPosts({arguments}) {{ totalItems }} }}")
        assert answer.codes == [code]


class TestNewest:
    async def test_a_tag_shows_its_newest_posts_to_anybody_and_pages_are_filled(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        for n in range(6):
            await publish(ada, f"{n} #Art", visibility="PUBLIC" if n % 2 else "FOLLOWERS")
        await publish(bob, "by bob #art")

        assert (await feed(client, TAG, t="#ART"))[0] == ["by bob #art", "5 #Art", "3 #Art", "1 #Art"]
        found, page = await feed(client, TAG, 2, t="art")
        assert (found, page["hasNextPage"]) == (["by bob #art", "5 #Art"], True)
        found, page = await feed(client, TAG, 2, page["endCursor"], t="art")
        assert (found, page["hasNextPage"]) == (["3 #Art", "1 #Art"], False)
        await ada.run("mutation ($u: ID!) { blockUser(userId: $u) { success } }", {"u": bob.user_id})
        assert (await feed(ada, TAG, t="art"))[0] == ["5 #Art", "3 #Art", "1 #Art"]
        assert (await feed(bob, TAG, t="art"))[0] == ["by bob #art"]
        answer = await client.graphql(TAG, {"t": "rain", "n": 2, "a": page["endCursor"]})
        assert answer.codes == ["INVALID_CURSOR"]

    async def test_each_post_says_that_a_tag_or_being_public_brought_it_here(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        for n in range(2):
            await publish(ada, f"{n} #Größe")
        because = "edges { cursor reason { kind tag users { username } score terms { name } } } pageInfo { endCursor }"
        for viewer in (client, ada):
            feeds = await viewer.run(f'{{ tagFeed(tag: "#GRÖSSE") {{ {because} }} publicFeed {{ {because} }} }}')
            for name, kind, tag in (("tagFeed", "TAG", "grösse"), ("publicFeed", "PUBLIC", None)):
                edges = feeds[name]["edges"]
                reason: dict[str, object] = {"kind": kind, "tag": tag, "users": [], "score": None, "terms": []}
                assert [edge["reason"] for edge in edges] == [reason] * 2
                assert feeds[name]["pageInfo"]["endCursor"] == edges[-1]["cursor"]

    async def test_the_public_feed_is_of_one_language_where_it_is_asked_for(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        for content, language in (("Hallo", "de"), ("Hello", "en"), ("Servus", "de-AT"), ("?", None), ("Moin", "de")):
            await publish(ada, content, language)
        await publish(ada, "Psst", "de", visibility="FOLLOWERS")
        await publish(bob, "Grüß Gott", "de-AT")

        assert (await feed(client, SPOKEN, l="de"))[0] == ["Grüß Gott", "Moin", "Servus", "Hallo"]
        assert (await feed(client, SPOKEN, l="de-AT"))[0] == ["Grüß Gott", "Servus"]
        assert (await feed(client, SPOKEN, l="fr"))[0] == []
        await ada.run("mutation ($u: ID!) { blockUser(userId: $u) { success } }", {"u": bob.user_id})
        found, page = await feed(ada, SPOKEN, 2, l="de")
        assert (found, page["hasNextPage"]) == (["Moin", "Servus"], True)
        assert (await feed(ada, SPOKEN, 2, page["endCursor"], l="de"))[0] == ["Hallo"]
        for other in ("de-AT", None):
            answer = await ada.graphql(SPOKEN, {"l": other, "n": 2, "a": page["endCursor"]})
            assert answer.codes == ["INVALID_CURSOR"]
        assert (await client.graphql(SPOKEN, {"l": "DE", "n": 2})).codes == ["INVALID_LOCALE"]

    async def test_the_public_feed_is_what_is_for_everybody(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        for visibility in ("PUBLIC", "UNLISTED", "FOLLOWERS", "MENTIONED"):
            await publish(ada, f"{visibility} by ada", visibility=visibility)
        last = await publish(bob, "by bob")
        await publish(bob, "newest")

        found, page = await feed(client, PUBLIC, 1)
        assert (found, page["hasNextPage"]) == (["newest"], True)
        found, page = await feed(client, PUBLIC, 5, page["endCursor"])
        assert (found, page["hasNextPage"]) == (["by bob", "PUBLIC by ada"], False)
        await bob.run("mutation ($p: ID!) { deletePost(postId: $p) { success } }", {"p": last})
        await ada.run("mutation { updateProfile(isPrivate: true) { success } }")
        for viewer in (client, ada, bob):
            assert (await feed(viewer, PUBLIC))[0] == ["newest"]
