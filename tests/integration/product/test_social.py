"""What people do and see: accounts, posts, reactions, threads and feeds, the same on every backend."""

from datetime import UTC, datetime, timedelta

from socialfeed.domain.events import Envelope, PostPublished
from socialfeed.domain.ids import UserId
from socialfeed.domain.post import Post
from socialfeed.testing.builders import Builder
from socialfeed.testing.client import Client
from socialfeed.testing.clock import TickingClock

FEED = "{ userFeed { items { id content } totalItems totalPages currentPage hasNext } }"
HOME = """query ($first: Int!, $after: String) {
  homeFeed(first: $first, after: $after) { nodes { content } pageInfo { hasNextPage endCursor } }
}"""


async def publish(author: Client, content: str) -> str:
    created = await author.run(
        "mutation ($c: String!) { createPost(content: $c) { post { id } success message } }", {"c": content}
    )
    assert created["createPost"]["success"], created
    return str(created["createPost"]["post"]["id"])


async def follow(follower: Client, followee: Client) -> None:
    await follower.run("mutation ($u: ID!) { followUser(userId: $u) { isFollowing success } }", {"u": followee.user_id})
    await follower.settle()


async def published_long_ago(client: Client, author_id: UserId, number: int) -> None:
    """Posts named by their order, and the events of their publication, in one transaction."""
    builder = Builder(TickingClock(datetime.now(UTC) - timedelta(days=1)))
    async with client.app.storage.uow() as tx:
        for n in range(number):
            at = builder.clock.now()
            post = Post.write(builder.ids.post(), author_id, content=str(n), at=at)
            await tx.posts.add(post)
            await tx.outbox.add(Envelope(builder.ids.event(), PostPublished(post.id, author_id), at))


async def contents(reader: Client) -> list[str]:
    """What stands in the reader's feed; both forms must agree."""
    page = [item["content"] for item in (await reader.run(FEED))["userFeed"]["items"]]
    connection = await reader.run(HOME, {"first": 10, "after": None})
    assert [node["content"] for node in connection["homeFeed"]["nodes"]] == page
    return page


class TestAccounts:
    async def test_a_code_is_mailed_works_once_and_opens_the_door(self, client: Client) -> None:
        registered = await client.run(
            'mutation { registerUser(username: "ada", email: "Ada@Example.com", password: "securepassword") {'
            " user { id username email } success message } }"
        )
        assert registered["registerUser"]["user"]["email"] == "ada@example.com"
        early = await client.run(
            'mutation { tokenAuth(username: "ada", password: "securepassword") { token errors { code } } }'
        )
        assert early["tokenAuth"] == {"token": None, "errors": [{"code": "EMAIL_NOT_VERIFIED"}]}
        await client.settle()
        (mail,) = client.mails
        assert mail.to == "ada@example.com"
        verify = (
            'mutation ($c: String!) { verifyEmailOtp(email: "ada@example.com", otpCode: $c)'
            " { success user { username } errors { code field } } }"
        )
        code = mail.subject.split()[0]
        assert (await client.run(verify, {"c": code}))["verifyEmailOtp"]["success"]
        assert (await client.run(verify, {"c": code}))["verifyEmailOtp"]["errors"] == [
            {"code": "CODE_REJECTED", "field": "otpCode"}
        ]
        ada = await client.sign_in("ADA", password="securepassword")
        me = await ada.run("{ me { username email firstName } }")
        assert me["me"] == {"username": "ada", "email": "ada@example.com", "firstName": ""}

    async def test_five_wrong_tries_kill_a_code(self, client: Client) -> None:
        await client.run(
            'mutation { registerUser(username: "ada", email: "a@example.com", password: "securepassword") { success } }'
        )
        await client.settle()
        code = client.mails[0].subject.split()[0]
        verify = 'mutation ($c: String!) { verifyEmailOtp(email: "a@example.com", otpCode: $c) { success } }'
        wrong = "000000" if code != "000000" else "111111"
        for _ in range(5):
            assert not (await client.run(verify, {"c": wrong}))["verifyEmailOtp"]["success"]

        assert not (await client.run(verify, {"c": code}))["verifyEmailOtp"]["success"]

        await client.run('mutation { resendEmailOtp(email: "a@example.com") { success } }')
        await client.settle()
        again = client.mails[-1].subject.split()[0]
        assert (await client.run(verify, {"c": again}))["verifyEmailOtp"]["success"]

    async def test_registering_with_a_known_address_answers_alike_and_warns_the_owner(self, client: Client) -> None:
        register = (
            'mutation ($u: String!) { registerUser(username: $u, email: "ada@example.com", password: "securepassword")'
            " { success message errors { code } } }"
        )
        fresh = await client.run(register, {"u": "somebody"})
        await client.sign_up("ada")
        known = await client.run(register, {"u": "mallory"})
        await client.settle()

        assert known == fresh
        assert client.mails[-1].subject == "You already have an account"

    async def test_a_taken_name_is_refused_without_case(self, client: Client) -> None:
        await client.sign_up("ada")

        data = await client.run(
            'mutation { registerUser(username: "ADA", email: "b@example.com", password: "securepassword")'
            " { errors { code field } } }"
        )

        assert data["registerUser"]["errors"] == [{"code": "USERNAME_TAKEN", "field": "username"}]

    async def test_an_address_is_shown_to_its_owner_only(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")

        seen = await bob.run("query ($i: ID!) { user(id: $i) { username email } }", {"i": ada.user_id})

        assert seen["user"] == {"username": "ada", "email": None}
        assert (await client.run('{ user(username: "ADA") { username email } }'))["user"]["email"] is None


class TestReactions:
    async def test_liking_twice_counts_once_and_unliking_takes_it_back(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = {"p": await publish(ada, "Hello")}
        like = "mutation ($p: ID!) { likePost(postId: $p) { like { id post { likesCount isLiked } } isLiked } }"

        first, second = await bob.run(like, post), await bob.run(like, post)

        assert first == second
        assert first["likePost"]["like"]["post"] == {"likesCount": 1, "isLiked": True}
        unlike = "mutation ($p: ID!) { unlikePost(postId: $p) { post { likesCount } isLiked success } }"
        expected = {"post": {"likesCount": 0}, "isLiked": False, "success": True}
        assert (await bob.run(unlike, post))["unlikePost"] == expected
        assert (await bob.run(unlike, post))["unlikePost"] == expected

    async def test_a_share_counts_once_and_is_seen_by_its_viewer(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = {"p": await publish(ada, "Hello")}
        for _ in range(2):
            await bob.run("mutation ($p: ID!) { sharePost(postId: $p) { isShared } }", post)
        read = "query ($p: ID!) { post(id: $p) { sharesCount isShared } }"

        assert (await bob.run(read, post))["post"] == {"sharesCount": 1, "isShared": True}
        assert (await ada.run(read, post))["post"] == {"sharesCount": 1, "isShared": False}

    async def test_reacting_to_a_post_that_is_not_there_says_so(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        gone = str(int(await publish(ada, "Hello")) + 1)
        for field in ("likePost", "unlikePost", "sharePost", "unsharePost"):
            data = await ada.run(
                f"mutation ($p: ID!) {{ {field}(postId: $p) {{ success errors {{ code field }} }} }}", {"p": gone}
            )
            assert data[field] == {"success": False, "errors": [{"code": "POST_NOT_FOUND", "field": "postId"}]}


class TestThreads:
    async def test_comments_nest_and_are_counted(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        post = await publish(ada, "Hello")
        create = (
            "mutation ($p: ID!, $c: String!, $r: ID) { createComment(postId: $p, content: $c, parentId: $r)"
            " { comment { id depth parentId post { commentsCount } } errors { code field } } }"
        )
        root = (await bob.run(create, {"p": post, "c": "first"}))["createComment"]["comment"]
        reply = (await ada.run(create, {"p": post, "c": "reply", "r": root["id"]}))["createComment"]["comment"]
        await bob.run(create, {"p": post, "c": "second"})

        assert (reply["depth"], reply["parentId"], reply["post"]["commentsCount"]) == (1, root["id"], 2)
        read = """query ($p: ID!, $s: CommentSort!) { comments(postId: $p, sort: $s) {
          totalCount nodes { content repliesCount replies { nodes { content author { username } } } } } }"""
        oldest = (await client.run(read, {"p": post, "s": "OLDEST"}))["comments"]
        newest = (await client.run(read, {"p": post, "s": "NEWEST"}))["comments"]
        assert oldest["totalCount"] == 2
        assert oldest["nodes"] == newest["nodes"][::-1]
        assert oldest["nodes"][0] == {
            "content": "first",
            "repliesCount": 1,
            "replies": {"nodes": [{"content": "reply", "author": {"username": "ada"}}]},
        }

    async def test_a_reply_must_stand_under_the_same_post(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        one, two = await publish(ada, "one"), await publish(ada, "two")
        create = (
            'mutation ($p: ID!, $r: ID) { createComment(postId: $p, content: "c", parentId: $r)'
            " { comment { id } errors { code field } } }"
        )
        root = (await ada.run(create, {"p": one}))["createComment"]["comment"]["id"]

        misplaced = (await ada.run(create, {"p": two, "r": root}))["createComment"]

        assert misplaced == {"comment": None, "errors": [{"code": "COMMENT_NOT_FOUND", "field": "parentId"}]}
        assert (await ada.run("query ($p: ID!) { post(id: $p) { commentsCount } }", {"p": two})) == {
            "post": {"commentsCount": 0}
        }

    async def test_a_thread_pages_by_cursor_in_both_orders(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        post = await publish(ada, "Hello")
        for n in range(5):
            await ada.run(
                "mutation ($p: ID!, $c: String!) { createComment(postId: $p, content: $c) { success } }",
                {"p": post, "c": str(n)},
            )
        read = """query ($p: ID!, $a: String, $s: CommentSort!) { comments(postId: $p, first: 2, after: $a, sort: $s) {
          edges { node { content } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
        for sort, expected in (("OLDEST", "01234"), ("NEWEST", "43210")):
            seen, after, more = "", None, True
            while more:
                page = (await ada.run(read, {"p": post, "a": after, "s": sort}))["comments"]
                seen += "".join(edge["node"]["content"] for edge in page["edges"])
                assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
                after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            assert seen == expected


class TestHomeFeed:
    async def test_an_author_sees_the_own_post_at_once(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        await publish(ada, "mine")

        assert await contents(ada) == ["mine"]
        await publish(ada, "more")
        assert await contents(ada) == ["more", "mine"]

    async def test_followers_get_what_was_written_before_and_after_they_followed(self, client: Client) -> None:
        ada, bob, eve = await client.sign_up("ada"), await client.sign_up("bob"), await client.sign_up("eve")
        await publish(ada, "before")
        await publish(eve, "not followed")
        assert await contents(bob) == []
        await follow(bob, ada)
        assert await contents(bob) == ["before"]
        await publish(ada, "after")
        await client.settle()

        assert await contents(bob) == ["after", "before"]

    async def test_the_unfollowed_are_gone_from_the_very_next_read(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await publish(ada, "hers")
        await follow(bob, ada)
        assert await contents(bob) == ["hers"]

        await bob.run("mutation ($u: ID!) { unfollowUser(userId: $u) { isFollowing } }", {"u": ada.user_id})

        assert await contents(bob) == []
        assert (await bob.run(FEED))["userFeed"]["totalItems"] == 0
        await follow(bob, ada)
        assert await contents(bob) == ["hers"]

    async def test_pages_and_cursors_walk_the_same_posts_in_the_same_order(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await follow(bob, ada)
        for n in range(7):
            await publish(ada if n % 2 else bob, str(n))
        await client.settle()
        paged: list[str] = []
        for page in (1, 2, 3, 4):
            data = await bob.run(
                "query ($p: Int!) { userFeed(page: $p, itemsPerPage: 3)"
                " { items { content } totalItems totalPages currentPage hasNext } }",
                {"p": page},
            )
            feed = data["userFeed"]
            assert (feed["totalItems"], feed["totalPages"], feed["currentPage"]) == (7, 3, page)
            assert feed["hasNext"] is (page < 3)
            paged += [item["content"] for item in feed["items"]]
        walked: list[str] = []
        after, more = None, True
        while more:
            home = (await bob.run(HOME, {"first": 3, "after": after}))["homeFeed"]
            walked += [node["content"] for node in home["nodes"]]
            after, more = home["pageInfo"]["endCursor"], home["pageInfo"]["hasNextPage"]

        assert paged == walked == list("6543210")

    async def test_the_connection_goes_on_below_the_timeline_to_the_beginning(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await follow(bob, ada)
        assert await contents(bob) == []
        await published_long_ago(client, UserId(int(ada.user_id or 0)), 430)
        await client.settle()

        walked: list[str] = []
        after, more = None, True
        while more:
            home = (await bob.run(HOME, {"first": 100, "after": after}))["homeFeed"]
            walked += [node["content"] for node in home["nodes"]]
            after, more = home["pageInfo"]["endCursor"], home["pageInfo"]["hasNextPage"]

        assert walked == [str(n) for n in reversed(range(430))]

    async def test_the_profile_counts_follow(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await follow(bob, ada)
        await follow(bob, ada)
        await publish(ada, "Hello")
        read = "query ($i: ID!) { user(id: $i) { postsCount followersCount followingCount isFollowed } }"

        assert (await bob.run(read, {"i": ada.user_id}))["user"] == {
            "postsCount": 1,
            "followersCount": 1,
            "followingCount": 0,
            "isFollowed": True,
        }
        itself = "mutation ($u: ID!) { followUser(userId: $u) { isFollowing errors { code } } }"
        assert (await bob.run(itself, {"u": bob.user_id}))["followUser"] == {
            "isFollowing": False,
            "errors": [{"code": "CANNOT_FOLLOW_SELF"}],
        }


class TestTrending:
    async def test_the_most_reacted_to_come_first_and_reactions_can_be_taken_back(self, client: Client) -> None:
        ada, bob, eve = await client.sign_up("ada"), await client.sign_up("bob"), await client.sign_up("eve")
        liked, shared = await publish(ada, "liked twice"), await publish(ada, "shared once")
        await publish(ada, "ignored")
        for reader in (bob, eve):
            await reader.run("mutation ($p: ID!) { likePost(postId: $p) { success } }", {"p": liked})
        await bob.run("mutation ($p: ID!) { sharePost(postId: $p) { success } }", {"p": shared})
        await client.settle()
        read = "{ trendingPosts { items { content } totalItems } }"
        assert (await client.run(read))["trendingPosts"] == {
            "items": [{"content": "shared once"}, {"content": "liked twice"}],
            "totalItems": 2,
        }

        await bob.run("mutation ($p: ID!) { unsharePost(postId: $p) { success } }", {"p": shared})
        await client.settle()

        assert (await client.run(read))["trendingPosts"] == {"items": [{"content": "liked twice"}], "totalItems": 1}
