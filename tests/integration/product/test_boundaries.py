"""What people keep away from themselves: blocks, mutes, words; and what authors keep from being found."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from socialfeed.domain.graph import MUTED_WORDS_MAX, MutedWord
from socialfeed.testing.client import Client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.test_graph import (
    NOT_FOUND,
    STRANGERS,
    counts,
    id_of,
    listed,
    relation,
    told_of,
    towards,
)
from tests.integration.product.test_lists import make as make_list
from tests.integration.product.test_own_account import update
from tests.integration.product.test_post_options import write
from tests.integration.product.test_social import contents, follow, publish

# Every place where somebody shows. `them` is the one who may be hidden, `meet` a post of a third where both have been.
PLACES = {
    "post": "query ($post: ID!) { post(id: $post) { author { username } } }",
    "postsByUser": "query ($them: ID!) { postsByUser(userId: $them) { items { author { username } } } }",
    "userFeed": "{ userFeed { items { author { username } } } }",
    "homeFeed": "{ homeFeed { nodes { author { username } } } }",
    "homeFeed, ranked": "{ homeFeed(ranking: ENGAGEMENT) { edges { reason { users { username } } } } }",
    "catchUp": '{ catchUp(since: "2026-01-01T00:00:00Z") { nodes { author { username } } } }',
    "trendingPosts": "{ trendingPosts { items { author { username } } } }",
    "comments": "query ($meet: ID!) { comments(postId: $meet) { nodes { author { username } } } }",
    "replies": "query ($meet: ID!) { comments(postId: $meet) { nodes { replies { nodes { author { username } } } } } }",
    "likers": "query ($meet: ID!) { likers(postId: $meet) { nodes { username } } }",
    "mentions": "query ($meet: ID!) { post(id: $meet) { mentions { username } } }",
    "quoted": "query ($quote: ID!) { post(id: $quote) { quoted { author { username } } } }",
    "followers": "query ($third: ID!) { followers(userId: $third) { nodes { username } } }",
    "following": "query ($third: ID!) { following(userId: $third) { nodes { username } } }",
    "listFeed": "query ($list: ID!) { listFeed(listId: $list) { nodes { author { username } } } }",
    "list": "query ($list: ID!) { list(id: $list) { members { nodes { username } } } }",
    "user": "query ($them: ID!) { user(id: $them) { username } }",
    "username": "query ($name: String!) { user(username: $name) { username } }",
}
LIMITED = "query ($p: ID!) { post(id: $p) { limited } }"
OF_AUTHOR = "query ($u: ID!) { postsByUser(userId: $u) { items { content limited } } }"
THREAD = "query ($p: ID!) { comments(postId: $p) { nodes { content limited } } }"
TRENDING = "{ trendingPosts { items { content } } }"
BLOCKED = "{ blockedUsers { nodes { username } } }"
MUTED = "{ mutedUsers { nodes { username } } }"
WORDS = "{ mutedWords { phrase until } }"
MUTE_WORD = """mutation ($p: String!, $m: Int) {
  muteWord(phrase: $p, minutes: $m) { success word { phrase until } errors { code field } }
}"""
MUTE = """mutation ($u: ID!, $k: [MuteKind!]! = [POSTS, SHARES, NOTIFICATIONS], $m: Int) {
  muteUser(userId: $u, kinds: $k, minutes: $m) {
    relationship { isMuting mutedKinds mutedUntil } errors { code field }
  }
}"""
COMMENT = """mutation ($p: ID!, $c: String!, $a: ID) {
  createComment(postId: $p, content: $c, parentId: $a) { comment { id } errors { code field } }
}"""
INTERACTIONS = {
    "likePost(postId: $post)": "POST_NOT_FOUND",
    "toggleLike(postId: $post)": "POST_NOT_FOUND",
    "sharePost(postId: $post)": "POST_NOT_FOUND",
    'sharePost(postId: $post, content: "look")': "POST_NOT_FOUND",
    'createComment(postId: $post, content: "hm")': "POST_NOT_FOUND",
    'createComment(postId: $meet, content: "hm", parentId: $comment)': "COMMENT_NOT_FOUND",
    "likeComment(commentId: $comment)": "COMMENT_NOT_FOUND",
}


async def comment(author: Client, post: str, content: str, to: str | None = None) -> str:
    made = (await author.run(COMMENT, {"p": post, "c": content, "a": to}))["createComment"]
    return str(made["comment"]["id"])


async def like(reader: Client, post: str) -> None:
    await reader.run("mutation ($p: ID!) { likePost(postId: $p) { success } }", {"p": post})


async def mute_word(viewer: Client, phrase: str, minutes: int | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = (await viewer.run(MUTE_WORD, {"p": phrase, "m": minutes}))["muteWord"]
    return answer


async def mute(viewer: Client, other: Client, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await viewer.run(MUTE, {"u": other.user_id, **options}))["muteUser"]
    return answer


async def limited(viewer: Client, post: str) -> str | None:
    """Why the viewer finds it only by looking for it."""
    reason: str | None = (await viewer.run(LIMITED, {"p": post}))["post"]["limited"]
    return reason


async def trending(viewer: Client) -> list[str]:
    return [item["content"] for item in (await viewer.run(TRENDING))["trendingPosts"]["items"]]


async def names(viewer: Client, query: str) -> list[str]:
    (page,) = (await viewer.run(query)).values()
    return [user["username"] for user in page["nodes"]]


class Company:
    """Ada and Bob, who follow each other and meet under the posts of Eve; and what each has left behind."""

    def __init__(self, ada: Client, bob: Client, eve: Client, things: Mapping[str, Mapping[str, Any]]) -> None:
        self.ada, self.bob, self.eve, self._things = ada, bob, eve, things

    def of(self, them: Client) -> dict[str, Any]:
        return dict(self._things[str(them.user_id)])

    async def places(self, viewer: Client, them: Client) -> set[str]:
        """Where the viewer comes across them."""
        things = self.of(them)
        found = set()
        for place, query in PLACES.items():
            wanted = {name: value for name, value in things.items() if f"${name}" in query}
            answer = await viewer.graphql(query, wanted)
            assert answer.status == 200
            if f"'{things['name']}'" in str(answer.data):
                found.add(place)
        profile = await viewer.request("GET", f"/api/users/{things['name']}")
        assert profile.status in (200, 404)
        return found | ({"REST"} if profile.status == 200 else set())


@pytest.fixture
async def company(client: Client) -> Company:
    ada, bob, eve = [await client.sign_up(name) for name in ("ada", "bob", "eve")]
    meet = await publish(eve, "Come in, @ada and @bob")
    root = await comment(eve, meet, "Welcome")
    things = {}
    for one, other, name in ((ada, bob, "ada"), (bob, ada, "bob")):
        for follower, followee in ((one, other), (one, eve), (eve, one)):
            await follow(follower, followee)
        post = await publish(one, f"by {name}")
        quoted = await eve.run(
            'mutation ($p: ID!) { sharePost(postId: $p, content: "look") { quote { id } } }', {"p": post}
        )
        await like(one, meet)
        await like(eve, post)
        await comment(one, meet, "a reply", root)
        things[str(one.user_id)] = {
            "them": one.user_id,
            "name": name,
            "post": post,
            "comment": await comment(one, meet, "a comment"),
            "quote": quoted["sharePost"]["quote"]["id"],
            "meet": meet,
            "third": eve.user_id,
            "list": await make_list(other, "Read apart", one),
        }
    await client.settle()
    return Company(ada, bob, eve, things)


class TestBlocks:
    async def test_33_neither_sees_the_other_anywhere(self, client: Client, company: Company) -> None:
        """Only the one who blocks finds the other's profile, to lift the block."""
        ada, bob, eve = company.ada, company.bob, company.eve
        everywhere = {*PLACES, "REST"}
        assert await company.places(ada, bob) == await company.places(bob, ada) == everywhere
        elsewhere = [await company.places(somebody, bob) for somebody in (eve, client)]

        assert (await towards(ada, "blockUser", bob))["relationship"] == STRANGERS | {"isBlocking": True}

        assert await company.places(bob, ada) == set()
        assert await company.places(ada, bob) == {"user", "username", "REST"}
        assert await relation(ada, bob) == {"isBlocking": True}
        asked = "query ($u: ID!) { relationship(userId: $u) { isBlocking } }"
        assert (await bob.graphql(asked, {"u": ada.user_id})).codes == ["USER_NOT_FOUND"]
        assert [await company.places(somebody, bob) for somebody in (eve, client)] == elsewhere

    async def test_33_neither_does_anything_to_what_the_other_wrote(self, company: Company) -> None:
        ada, bob = company.ada, company.bob
        await towards(ada, "blockUser", bob)

        for one, other in ((ada, bob), (bob, ada)):
            things = company.of(other)
            for call, code in INTERACTIONS.items():
                used = {name: value for name, value in things.items() if f"${name}" in call}
                given = ", ".join(f"${name}: ID!" for name in used)
                query = f"mutation ({given}) {{ answer: {call} {{ success errors {{ code }} }} }}"
                answer = (await one.run(query, used))["answer"]
                assert answer == {"success": False, "errors": [{"code": code}]}, call
        assert (await towards(ada, "followUser", bob))["errors"] == [{"code": "BLOCKED_BY_YOU", "field": "userId"}]
        assert (await towards(bob, "followUser", ada))["errors"] == NOT_FOUND
        assert (await towards(bob, "muteUser", ada))["errors"] == NOT_FOUND
        said = "query ($p: ID!) { post(id: $p) { likesCount commentsCount sharesCount } }"
        for one in (ada, bob):  # what Eve did
            assert (await one.run(said, {"p": company.of(one)["post"]}))["post"] == {
                "likesCount": 1,
                "commentsCount": 0,
                "sharesCount": 1,
            }

    async def test_33_lists_of_the_other_are_closed_to_both(self, company: Company) -> None:
        ada, bob = company.ada, company.bob
        await towards(ada, "blockUser", bob)

        for field in ("followers", "following"):
            query = f"query ($u: ID!) {{ {field}(userId: $u) {{ nodes {{ username }} }} }}"
            assert (await ada.graphql(query, {"u": bob.user_id})).codes == ["BLOCKED_BY_YOU"]
            assert (await bob.graphql(query, {"u": ada.user_id})).codes == ["USER_NOT_FOUND"]

    async def test_a_block_ends_follows_for_good_and_counts_stay_right(self, company: Company) -> None:
        ada, bob, eve = company.ada, company.bob, company.eve
        assert await counts(eve, ada) == await counts(eve, bob) == (2, 2)

        for _ in range(2):
            assert (await towards(ada, "blockUser", bob))["success"]
            assert await counts(eve, ada) == await counts(eve, bob) == (1, 1)
        for _ in range(2):
            assert (await towards(ada, "unblockUser", bob))["relationship"] == STRANGERS

        assert await counts(eve, ada) == await counts(eve, bob) == (1, 1)
        assert await listed(eve, "followers", ada) == await listed(eve, "following", bob) == ["eve"]
        assert "by bob" not in await contents(ada)
        everywhere = {*PLACES, "REST"} - {"userFeed", "homeFeed", "homeFeed, ranked", "catchUp"}
        assert await company.places(ada, bob) == await company.places(bob, ada) == everywhere
        await follow(ada, bob)
        assert "by bob" in await contents(ada)

    async def test_one_sees_whom_one_blocked_also_when_they_block_back(self, company: Company) -> None:
        ada, bob = company.ada, company.bob
        await towards(ada, "blockUser", bob)

        # Whoever is blocked cannot tell a block from its absence by blocking back.
        assert (await towards(bob, "blockUser", ada))["relationship"] == STRANGERS | {"isBlocking": True}

        assert (await names(ada, BLOCKED), await names(bob, BLOCKED)) == (["bob"], ["ada"])
        assert await company.places(ada, bob) == await company.places(bob, ada) == set()
        assert (await towards(ada, "unblockUser", bob))["success"]
        assert await names(ada, BLOCKED) == []
        assert await company.places(ada, bob) == set()
        assert await company.places(bob, ada) == {"user", "username", "REST"}

    async def test_33_a_third_ones_words_about_them_are_seen_without_them(self, company: Company) -> None:
        """A quote stays, of which the other's post is gone; a comment's count is nobody's secret."""
        ada, bob = company.ada, company.bob
        await towards(ada, "blockUser", bob)

        read = "query ($p: ID!) { post(id: $p) { content isQuote quoted { id } } }"
        for one, other in ((ada, bob), (bob, ada)):
            seen = (await one.run(read, {"p": company.of(other)["quote"]}))["post"]
            assert seen == {"content": "look", "isQuote": True, "quoted": None}


class TestMutes:
    async def test_33_a_mute_keeps_posts_out_of_feeds_until_it_ends_and_marks_them_elsewhere(
        self, timed: tuple[Client, FixedClock]
    ) -> None:
        client, clock = timed
        ada, bob, eve = [await client.sign_up(name) for name in ("ada", "bob", "eve")]
        await follow(ada, bob)
        post, meet = await publish(bob, "by bob"), await publish(eve, "by eve")
        await comment(bob, meet, "from bob")
        await like(eve, post)
        await client.settle()

        async def is_heard() -> bool:
            """Whether Ada reads Bob where she did not look for him; where she does, it is there and says why."""
            at_home, found = await contents(ada), await trending(ada)
            reasons = {
                await limited(ada, post),
                (await ada.run(OF_AUTHOR, {"u": bob.user_id}))["postsByUser"]["items"][0]["limited"],
                (await ada.run(THREAD, {"p": meet}))["comments"]["nodes"][0]["limited"],
            }
            assert reasons == ({None} if "by bob" in at_home else {"MUTED_AUTHOR"})
            assert ("by bob" in at_home) is ("by bob" in found)
            return "by bob" in at_home

        assert await is_heard()
        muted = await mute(ada, bob, m=5)

        assert muted["relationship"] == {
            "isMuting": True,
            "mutedKinds": ["POSTS", "SHARES", "NOTIFICATIONS"],
            "mutedUntil": "2026-01-05T09:35:00.000Z",
        }
        assert not await is_heard()
        assert "by bob" in await trending(client)
        clock.advance(timedelta(minutes=5, microseconds=-1))
        assert not await is_heard()
        assert await names(ada, MUTED) == ["bob"]
        clock.advance(timedelta(microseconds=1))
        assert await is_heard()
        assert await names(ada, MUTED) == []
        assert await relation(ada, bob) == {"isFollowing": True}

    async def test_the_muted_is_not_told_and_loses_nothing(self, company: Company) -> None:
        ada, bob = company.ada, company.bob
        before = await company.places(bob, ada), await relation(bob, ada), await counts(bob, ada)

        await towards(ada, "muteUser", bob)

        assert await told_of(ada) == set()
        assert (await company.places(bob, ada), await relation(bob, ada), await counts(bob, ada)) == before
        assert "by ada" in await contents(bob)
        await like(bob, company.of(ada)["post"])
        await comment(bob, company.of(ada)["post"], "hello")
        assert await names(bob, MUTED) == []

    async def test_a_mute_of_other_things_leaves_posts_alone(self, company: Company) -> None:
        ada, bob = company.ada, company.bob

        muted = await mute(ada, bob, k=["NOTIFICATIONS", "SHARES"])

        assert muted["relationship"] == {
            "isMuting": True,
            "mutedKinds": ["SHARES", "NOTIFICATIONS"],
            "mutedUntil": None,
        }
        assert await limited(ada, company.of(bob)["post"]) is None
        assert "by bob" in await contents(ada)
        assert "by bob" in await trending(ada)

    async def test_a_later_mute_takes_the_place_of_an_earlier_one(self, company: Company) -> None:
        ada, bob = company.ada, company.bob
        await mute(ada, bob, m=60)

        await mute(ada, bob, k=["SHARES"])

        assert await relation(ada, bob) == {
            "isFollowing": True,
            "isFollowedBy": True,
            "isMuting": True,
            "mutedKinds": ["SHARES"],
        }
        assert await limited(ada, company.of(bob)["post"]) is None
        for _ in range(2):
            assert (await towards(ada, "unmuteUser", bob))["success"]
        assert await relation(ada, bob) == {"isFollowing": True, "isFollowedBy": True}
        assert await names(ada, MUTED) == []

    async def test_a_mute_that_says_nothing_is_refused(self, company: Company) -> None:
        ada, bob = company.ada, company.bob
        for options, code, field in (
            ({"k": []}, "NOTHING_TO_MUTE", "kinds"),
            ({"m": 0}, "INVALID_DURATION", "minutes"),
            ({"m": 366 * 24 * 60 + 1}, "INVALID_DURATION", "minutes"),
        ):
            assert (await mute(ada, bob, **options))["errors"] == [{"code": code, "field": field}]
        assert await names(ada, MUTED) == []


class TestWords:
    async def test_33_words_phrases_and_tags_keep_posts_away_as_wholes(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        await follow(ada, bob)
        kept = ["A party", "the rain, at last", "catalogue", "今日は晴れ", "I like golang"]
        lost = ["modern ART!", "At long\n last.", "so much #Golang", "東京は雨です", "naïve CAFÉ"]
        posts = {content: await publish(bob, content) for content in (*kept, *lost)}
        for post in posts.values():
            await like(ada, post)
        await client.settle()
        everything = [*reversed(lost), *reversed(kept)]
        assert await contents(ada) == everything

        for phrase in ("art", "at  LONG last", "#golang", "雨", "cafe\u0301"):
            assert (await mute_word(ada, phrase))["success"], phrase

        assert await contents(ada) == kept[::-1]
        assert sorted(await trending(ada)) == sorted(kept)
        assert sorted(await trending(client)) == sorted(everything)
        for content in lost:
            assert await limited(ada, posts[content]) == "MUTED_WORD"
        for content in kept:
            assert await limited(ada, posts[content]) is None
        muted = [word["phrase"] for word in (await ada.run(WORDS))["mutedWords"]]
        assert muted == sorted(["#golang", "art", "at long last", "café", "雨"])
        for word in muted:
            await ada.run("mutation ($p: String!) { unmuteWord(phrase: $p) { success } }", {"p": word.upper()})
        assert await contents(ada) == everything

    async def test_ones_own_words_are_never_muted(self, client: Client) -> None:
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        post = await publish(ada, "my art")
        await like(bob, post)
        await comment(ada, post, "more art")
        await comment(bob, post, "nice art")
        await client.settle()

        await mute_word(ada, "art")

        assert await contents(ada) == await trending(ada) == ["my art"]
        assert await limited(ada, post) is None
        assert (await ada.run(THREAD, {"p": post}))["comments"]["nodes"] == [
            {"content": "more art", "limited": None},
            {"content": "nice art", "limited": "MUTED_WORD"},
        ]

    async def test_33_a_muted_word_comes_back_on_the_moment(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        ada, bob = [await client.sign_up(name) for name in ("ada", "bob")]
        await follow(ada, bob)
        await publish(bob, "modern art")
        await client.settle()

        muted = await mute_word(ada, "art", minutes=5)

        assert muted["word"] == {"phrase": "art", "until": "2026-01-05T09:35:00.000Z"}
        clock.advance(timedelta(minutes=5, microseconds=-1))
        assert await contents(ada) == []
        assert (await ada.run(WORDS))["mutedWords"] == [muted["word"]]
        clock.advance(timedelta(microseconds=1))
        assert await contents(ada) == ["modern art"]
        assert (await ada.run(WORDS))["mutedWords"] == []

    async def test_two_hundred_words_at_a_time_are_enough(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        async with client.app.storage.uow() as tx:
            for n in range(MUTED_WORDS_MAX - 1):
                await tx.muted_words.put(MutedWord.mute(id_of(ada), f"word {n}", at=clock.now()))
        assert (await mute_word(ada, "short", minutes=1))["success"]

        refused = await mute_word(ada, "one more")

        assert refused == {"success": False, "word": None, "errors": [{"code": "TOO_MANY", "field": "phrase"}]}
        assert (await mute_word(ada, "word 7", minutes=5))["success"]  # it takes the place of one
        clock.advance(timedelta(minutes=1))
        assert (await mute_word(ada, "one more"))["success"]  # the short one is over
        assert len((await ada.run(WORDS))["mutedWords"]) == MUTED_WORDS_MAX

    async def test_what_holds_no_word_cannot_be_muted(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        for phrase in ("", "   ", "!?", "x" * 101):
            answer = await mute_word(ada, phrase)
            assert not answer["success"]
            assert [error["field"] for error in answer["errors"]] == ["phrase"]
        assert (await ada.run(WORDS))["mutedWords"] == []


class TestUnlisted:
    async def test_33_an_unlisted_post_is_found_by_those_who_know_where_it_is(self, client: Client) -> None:
        """By its address, on its author's page, and by followers at home; never among the trends, for anybody."""
        ada, bob, eve = [await client.sign_up(name) for name in ("ada", "bob", "eve")]
        await follow(ada, bob)
        post = (await write(bob, "psst", v="UNLISTED"))["post"]["id"]
        for reader in (ada, eve):
            await like(reader, post)
        await client.settle()

        for stranger in (client, eve):
            assert await limited(stranger, post) == "UNLISTED"
            page = (await stranger.run(OF_AUTHOR, {"u": bob.user_id}))["postsByUser"]["items"]
            assert page == [{"content": "psst", "limited": "UNLISTED"}]
        for insider in (ada, bob):
            assert await contents(insider) == ["psst"]
            assert await limited(insider, post) is None
        for anybody in (client, ada, bob, eve):
            assert await trending(anybody) == []

    async def test_33_of_a_private_account_nothing_is_found_by_strangers(self, client: Client) -> None:
        ada, bob, eve = [await client.sign_up(name) for name in ("ada", "bob", "eve")]
        await follow(ada, bob)
        post = (await write(bob, "psst", v="UNLISTED"))["post"]["id"]
        await like(ada, post)
        await update(bob, private=True)
        await client.settle()

        for stranger in (client, eve):
            assert (await stranger.run(LIMITED, {"p": post}))["post"] is None
        assert await contents(ada) == ["psst"]
