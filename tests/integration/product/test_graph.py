"""Who follows whom: asking, approving, ending it, and the lists of it, the same on every backend."""

import asyncio
from typing import Any

import pytest

from socialfeed.application.graph import service as graph
from socialfeed.domain.events import StandingChanged
from socialfeed.domain.graph import Block
from socialfeed.domain.ids import UserId
from socialfeed.testing.client import Client
from tests.integration.product.crowd import Crowd
from tests.integration.product.test_own_account import update
from tests.integration.product.test_social import contents, follow, publish

RELATIONSHIP = """relationship {
  isFollowing isFollowedBy isRequested hasRequested isBlocking isMuting mutedKinds mutedUntil priority
}"""
STRANGERS = {
    "isFollowing": False,
    "isFollowedBy": False,
    "isRequested": False,
    "hasRequested": False,
    "isBlocking": False,
    "isMuting": False,
    "mutedKinds": [],
    "mutedUntil": None,
    "priority": "NORMAL",
}
COUNTS = "query ($u: ID!) { user(id: $u) { followersCount followingCount } }"
LISTS = """query ($u: ID!, $n: Int!, $a: String) {
  LIST(userId: $u, first: $n, after: $a) { nodes { username } pageInfo { hasNextPage endCursor } }
}"""
NOT_FOUND = [{"code": "USER_NOT_FOUND", "field": "userId"}]


def id_of(client: Client) -> UserId:
    return UserId(int(client.user_id or 0))


async def towards(viewer: Client, field: str, other: Client | UserId, **more: str) -> dict[str, Any]:
    """Runs a mutation about another user, and gives what it says about how the two stand."""
    given = "".join(f", {name}: {value}" for name, value in more.items())
    query = f"mutation ($u: ID!) {{ {field}(userId: $u{given}) {{ success {RELATIONSHIP} errors {{ code field }} }} }}"
    user_id = other.user_id if isinstance(other, Client) else str(other)
    answer: dict[str, Any] = (await viewer.run(query, {"u": user_id}))[field]
    assert answer["success"] is not bool(answer["errors"])
    return answer


async def told_of(client: Client) -> set[str]:
    """The names of the events that wait to be worked on, but for those that only caches hear."""
    async with client.app.storage.outbox.claim(100) as claimed:
        return {envelope.event.name for envelope in claimed.envelopes} - {StandingChanged.name}


async def relation(viewer: Client, other: Client) -> dict[str, Any]:
    """What differs from how the viewer stands to a stranger."""
    query = "query ($u: ID!) { " + RELATIONSHIP.replace("relationship", "relationship(userId: $u)") + " }"
    stands: dict[str, Any] = (await viewer.run(query, {"u": other.user_id}))["relationship"]
    return {name: value for name, value in stands.items() if value != STRANGERS[name]}


async def counts(viewer: Client, other: Client) -> tuple[int, int]:
    """Followers and followed."""
    user = (await viewer.run(COUNTS, {"u": other.user_id}))["user"]
    return user["followersCount"], user["followingCount"]


async def asking(viewer: Client) -> list[str]:
    """Who waits for the viewer's word."""
    found = await viewer.run("{ followRequests { nodes { username } } }")
    return [user["username"] for user in found["followRequests"]["nodes"]]


async def listed(viewer: Client, field: str, whose: Client, *, first: int = 100) -> list[str]:
    """The whole list, by pages."""
    names: list[str] = []
    after, more = None, True
    while more:
        variables = {"u": whose.user_id, "n": first, "a": after}
        page = (await viewer.run(LISTS.replace("LIST", field), variables))[field]
        names += [user["username"] for user in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return names


@pytest.fixture
async def ada(client: Client) -> Client:
    return await client.sign_up("ada")


@pytest.fixture
async def bob(client: Client) -> Client:
    return await client.sign_up("bob")


@pytest.fixture
async def private(client: Client) -> Client:
    """Priya, who chooses who follows her, and has written one post."""
    priya = await client.sign_up("priya")
    await update(priya, private=True)
    await publish(priya, "for followers")
    return priya


class TestRequests:
    async def test_following_a_private_account_asks_for_it_and_shows_nothing_yet(
        self, ada: Client, private: Client
    ) -> None:
        asked = await towards(ada, "followUser", private)
        again = await towards(ada, "followUser", private)
        await ada.settle()

        assert asked == again
        assert asked["relationship"] == STRANGERS | {"isRequested": True}
        assert await asking(private) == ["ada"]
        assert await relation(private, ada) == {"hasRequested": True}
        assert await counts(ada, private) == (0, 0)
        assert await contents(ada) == []

    async def test_once_it_is_approved_both_see_it_and_the_home_feed_fills(self, ada: Client, private: Client) -> None:
        assert await contents(ada) == []
        await towards(ada, "followUser", private)

        approved = await towards(private, "approveFollow", ada)
        await private.settle()

        assert approved["relationship"] == STRANGERS | {"isFollowedBy": True}
        assert await relation(ada, private) == {"isFollowing": True}
        assert await asking(private) == []
        assert await counts(private, private) == (1, 0)
        assert await counts(private, ada) == (0, 1)
        assert await contents(ada) == ["for followers"]
        await publish(private, "another")
        await private.settle()
        assert await contents(ada) == ["another", "for followers"]

    async def test_a_refusal_tells_nobody_and_lets_one_ask_again(self, ada: Client, private: Client) -> None:
        await towards(ada, "followUser", private)
        await ada.settle()
        mailed = len(ada.mails)

        refused = await towards(private, "rejectFollow", ada)

        assert refused["relationship"] == STRANGERS
        assert await told_of(ada) == set()
        assert len(ada.mails) == mailed
        assert await relation(ada, private) == {}
        assert await asking(private) == []
        await towards(ada, "followUser", private)
        assert await asking(private) == ["ada"]

    async def test_unfollowing_takes_a_request_back(self, ada: Client, private: Client) -> None:
        await towards(ada, "followUser", private)

        withdrawn = await towards(ada, "unfollowUser", private)

        assert withdrawn["relationship"] == STRANGERS
        assert await asking(private) == []
        late = await towards(private, "approveFollow", ada)
        assert late["errors"] == [{"code": "FOLLOW_REQUEST_NOT_FOUND", "field": "userId"}]
        assert await relation(ada, private) == {}

    async def test_what_nobody_asked_for_cannot_be_answered(self, ada: Client, private: Client) -> None:
        for answer in ("approveFollow", "rejectFollow"):
            refused = await towards(private, answer, ada)
            assert refused["errors"] == [{"code": "FOLLOW_REQUEST_NOT_FOUND", "field": "userId"}]
        assert await counts(private, private) == (0, 0)

    async def test_one_who_asked_an_account_that_became_public_follows_it_by_asking_again(
        self, ada: Client, bob: Client, private: Client
    ) -> None:
        await towards(ada, "followUser", private)
        await towards(bob, "followUser", private)
        await update(private, private=False)

        assert (await towards(ada, "followUser", private))["relationship"] == STRANGERS | {"isFollowing": True}
        assert await asking(private) == ["bob"]
        await towards(private, "approveFollow", bob)
        assert await asking(private) == []
        assert await listed(private, "followers", private) == ["bob", "ada"]

    async def test_whoever_follows_goes_on_when_the_account_becomes_private(self, ada: Client, bob: Client) -> None:
        await publish(bob, "hello")
        await follow(ada, bob)
        await update(bob, private=True)

        assert (await towards(ada, "followUser", bob))["relationship"] == STRANGERS | {"isFollowing": True}
        assert await asking(bob) == []
        assert await contents(ada) == ["hello"]

    async def test_a_block_ends_requests_in_both_directions(self, ada: Client, private: Client) -> None:
        await update(ada, private=True)
        await towards(ada, "followUser", private)
        await towards(private, "followUser", ada)
        assert await relation(ada, private) == {"isRequested": True, "hasRequested": True}

        await towards(private, "blockUser", ada)
        await towards(private, "unblockUser", ada)

        assert await relation(ada, private) == await relation(private, ada) == {}
        assert await asking(ada) == await asking(private) == []

    async def test_requests_are_paged_newest_first_without_those_who_are_blocked(self, private: Client) -> None:
        askers = [await private.sign_up(name) for name in ("ada", "bob", "eve", "kim")]
        for asker in askers:
            await towards(asker, "followUser", private)
        await towards(private, "blockUser", askers[2])

        query = (
            "query ($a: String) { followRequests(first: 2, after: $a) { nodes { username } pageInfo { endCursor } } }"
        )
        first = (await private.run(query))["followRequests"]
        second = (await private.run(query, {"a": first["pageInfo"]["endCursor"]}))["followRequests"]

        assert [user["username"] for user in first["nodes"] + second["nodes"]] == ["kim", "bob", "ada"]


class TestFollowing:
    async def test_a_removed_follower_is_not_told_and_sees_the_posts_no_more(self, ada: Client, bob: Client) -> None:
        await publish(ada, "hers")
        await follow(bob, ada)
        assert await contents(bob) == ["hers"]

        removed = await towards(ada, "removeFollower", bob)

        assert removed["relationship"] == STRANGERS
        assert await told_of(ada) == set()
        assert await relation(bob, ada) == {}
        assert await contents(bob) == []
        assert await counts(ada, ada) == await counts(ada, bob) == (0, 0)
        assert (await towards(ada, "removeFollower", bob))["success"]
        assert await counts(ada, ada) == (0, 0)

    async def test_a_priority_is_the_followers_own_and_begins_anew_with_each_follow(
        self, ada: Client, bob: Client
    ) -> None:
        assert (await towards(ada, "setFollowPriority", bob, priority="HIGH"))["errors"] == NOT_FOUND
        await follow(ada, bob)
        await follow(bob, ada)

        changed = await towards(ada, "setFollowPriority", bob, priority="HIGH")

        assert changed["relationship"] == STRANGERS | {"isFollowing": True, "isFollowedBy": True, "priority": "HIGH"}
        assert await relation(bob, ada) == {"isFollowing": True, "isFollowedBy": True}
        await towards(ada, "unfollowUser", bob)
        await follow(ada, bob)
        assert (await relation(ada, bob)).get("priority") is None

    async def test_a_lower_priority_keeps_nothing_out_of_a_chronological_feed(self, ada: Client, bob: Client) -> None:
        await publish(bob, "one")
        await follow(ada, bob)
        await towards(ada, "setFollowPriority", bob, priority="LOW")

        assert await contents(ada) == ["one"]

    async def test_nobody_follows_more_accounts_than_a_home_feed_is_built_for(
        self, crowd: Crowd, ada: Client, private: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(graph, "FOLLOWED_MAX", 2)
        first, second, third = (user.id for user in await crowd.of(3))
        for user_id in (first, second):
            assert (await towards(ada, "followUser", user_id))["success"]

        for other in (third, private):
            refused = await towards(ada, "followUser", other)
            assert refused["errors"] == [{"code": "TOO_MANY_FOLLOWED", "field": "userId"}]
        assert await asking(private) == []
        assert await counts(ada, ada) == (0, 2)
        # Following twice counts once, also where there is no room for another.
        assert (await towards(ada, "followUser", first))["success"]
        await towards(ada, "unfollowUser", first)
        assert (await towards(ada, "followUser", third))["success"]

    async def test_nobody_does_any_of_this_to_themselves(self, ada: Client) -> None:
        for field, code in (
            ("followUser", "CANNOT_FOLLOW_SELF"),
            ("blockUser", "CANNOT_BLOCK_SELF"),
            ("muteUser", "CANNOT_MUTE_SELF"),
            ("approveFollow", "FOLLOW_REQUEST_NOT_FOUND"),
            ("rejectFollow", "FOLLOW_REQUEST_NOT_FOUND"),
        ):
            assert (await towards(ada, field, ada))["errors"] == [{"code": code, "field": "userId"}]
        assert (await towards(ada, "setFollowPriority", ada, priority="LOW"))["errors"] == NOT_FOUND
        for field in ("unfollowUser", "removeFollower", "unblockUser", "unmuteUser"):
            assert (await towards(ada, field, ada))["relationship"] == STRANGERS
        assert await relation(ada, ada) == {}
        assert await counts(ada, ada) == (0, 0)


class TestLists:
    @pytest.mark.parametrize("field", ["followers", "following"])
    async def test_lists_are_paged_the_newest_follows_first(self, crowd: Crowd, ada: Client, field: str) -> None:
        users = await crowd.of(12)
        pairs = [(user.id, id_of(ada)) for user in users]
        await crowd.follow(pairs if field == "followers" else [pair[::-1] for pair in pairs])

        assert await listed(ada, field, ada, first=5) == [user.username for user in reversed(users)]
        assert await counts(ada, ada) == ((12, 0) if field == "followers" else (0, 12))

    @pytest.mark.parametrize("field", ["followers", "following"])
    async def test_33_a_page_that_loses_members_is_refilled(
        self, client: Client, crowd: Crowd, ada: Client, bob: Client, field: str
    ) -> None:
        """The 20 newest are banned, block the viewer, or are blocked; the page of 5 is whole all the same."""
        users = await crowd.of(28)
        seen, hidden = users[:8], users[8:]
        pairs = [(user.id, id_of(ada)) for user in users]
        await crowd.follow(pairs if field == "followers" else [pair[::-1] for pair in pairs])
        at = client.app.clock.now()
        async with client.app.storage.uow() as tx:
            for n, user in enumerate(hidden):
                if n % 3 == 0:
                    await tx.users.save(user.banned())
                elif n % 3 == 1:
                    await tx.blocks.add(Block(user.id, id_of(bob), at))
                else:
                    await tx.blocks.add(Block(id_of(bob), user.id, at))

        first = (await bob.run(LISTS.replace("LIST", field), {"u": ada.user_id, "n": 5}))[field]

        newest_first = [user.username for user in reversed(seen)]
        assert [user["username"] for user in first["nodes"]] == newest_first[:5]
        assert first["pageInfo"]["hasNextPage"]
        assert await listed(bob, field, ada, first=5) == newest_first

    async def test_a_private_accounts_lists_are_for_its_followers(
        self, client: Client, ada: Client, bob: Client, private: Client
    ) -> None:
        await towards(ada, "followUser", private)
        await towards(private, "approveFollow", ada)
        await follow(private, bob)

        for field, expected in (("followers", ["ada"]), ("following", ["bob"])):
            for insider in (private, ada):
                assert await listed(insider, field, private) == expected
            for stranger in (client, bob):
                answer = await stranger.graphql(LISTS.replace("LIST", field), {"u": private.user_id, "n": 5})
                assert answer.codes == ["PRIVATE_ACCOUNT"]

    async def test_the_lists_of_nobody_are_not_found(self, ada: Client) -> None:
        for field in ("followers", "following"):
            answer = await ada.graphql(LISTS.replace("LIST", field), {"u": str(int(ada.user_id or 0) + 1), "n": 5})
            assert answer.codes == ["USER_NOT_FOUND"]


class TestSuggestions:
    async def test_those_whom_the_followed_follow_are_suggested_the_most_followed_first(
        self, client: Client, crowd: Crowd, ada: Client, bob: Client
    ) -> None:
        """Also the private, who may be asked; nobody who is followed, asked, blocked, muted or gone, or who blocks."""
        eve = await client.sign_up("eve")
        names = ("popular", "private", "asked", "blocked", "blocking", "muted", "banned", "followed", "quiet")
        users = dict(zip(names, await crowd.of(len(names)), strict=True))
        await crowd.follow([(id_of(bob), user.id) for user in users.values()])
        await crowd.follow([(id_of(eve), users["popular"].id), (id_of(bob), id_of(ada)), (id_of(eve), id_of(ada))])
        for followed in (bob, eve, users["followed"].id):
            await towards(ada, "followUser", followed)
        async with client.app.storage.uow() as tx:
            for name in ("private", "asked"):
                private = users[name].with_profile(is_private=True)
                await tx.users.save(private)
            await tx.users.save(users["banned"].banned())
            await tx.blocks.add(Block(users["blocking"].id, id_of(ada), client.app.clock.now()))
        await towards(ada, "followUser", users["asked"].id)
        await towards(ada, "blockUser", users["blocked"].id)
        await towards(ada, "muteUser", users["muted"].id)

        suggested = (await ada.run("{ suggestedUsers { id } }"))["suggestedUsers"]
        best = (await ada.run("{ suggestedUsers(first: 1) { id } }"))["suggestedUsers"]

        expected = [str(users[name].id) for name in ("popular", "private", "quiet")]
        assert [user["id"] for user in suggested] == expected
        assert [user["id"] for user in best] == expected[:1]

    async def test_one_who_follows_nobody_gets_none(self, ada: Client) -> None:
        assert (await ada.run("{ suggestedUsers { id } }"))["suggestedUsers"] == []


class TestRaces:
    async def test_a_follow_and_a_block_at_once_leave_the_block_alone(self, client: Client, ada: Client) -> None:
        """In whatever order they come: the follow is refused, or ended."""
        others = [await client.sign_up(f"other_{n}") for n in range(6)]

        await asyncio.gather(
            *(towards(ada, "followUser", other) for other in others),
            *(towards(other, "blockUser", ada) for other in others),
        )

        assert await listed(ada, "following", ada) == []
        assert await counts(ada, ada) == (0, 0)
        for other in others:
            assert await relation(other, ada) == {"isBlocking": True}

    async def test_ten_follows_at_once_count_once(self, ada: Client, bob: Client) -> None:
        await asyncio.gather(*(towards(ada, "followUser", bob) for _ in range(10)))

        assert await counts(ada, bob) == (1, 0)
        assert await listed(ada, "followers", bob) == ["ada"]
