"""What the owner of an account does with it: the profile, the address, leaving and coming back."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers

from socialfeed.adapters.security import Argon2PasswordHasher
from socialfeed.container.wiring import Container
from socialfeed.domain.ids import UserId, parse_post_id, parse_user_id
from socialfeed.domain.user import CODE_TRIES, ERASED_AFTER, UserStatus
from socialfeed.testing.client import PASSWORD, Client, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.conftest import backend
from tests.integration.product.test_social import contents, follow, publish

UPDATE = """mutation (
  $first: String, $last: String, $bio: String, $avatar: String, $private: Boolean, $locale: String
) {
  updateProfile(
    firstName: $first, lastName: $last, bio: $bio, avatarUrl: $avatar, isPrivate: $private, locale: $locale
  ) {
    success errors { code field } user { firstName lastName bio avatar isPrivate locale }
  }
}"""
CHANGE_EMAIL = """mutation ($e: String!, $p: String!) {
  changeEmail(newEmail: $e, currentPassword: $p) { success message errors { code field } }
}"""
CONFIRM_EMAIL = """mutation ($c: String!) {
  confirmEmail(otpCode: $c) { success user { email } errors { code field } }
}"""
DEACTIVATE = "mutation ($p: String!) { deactivateAccount(currentPassword: $p) { success errors { code field } } }"
DELETE = "mutation ($p: String!) { deleteAccount(currentPassword: $p) { success eraseAt errors { code field } } }"
SIGN_IN = (
    'mutation ($u: String!) { tokenAuth(username: $u, password: "correct horse battery") { token errors { code } } }'
)
WRONG_PASSWORD = [{"code": "INVALID_CREDENTIALS", "field": "currentPassword"}]


async def update(client: Client, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(UPDATE, changes))["updateProfile"]
    return answer


async def profile_of(viewer: Client, username: str) -> dict[str, Any] | None:
    query = "query ($u: String!) { user(username: $u) { firstName bio avatar isPrivate locale email } }"
    found: dict[str, Any] | None = (await viewer.run(query, {"u": username}))["user"]
    return found


async def ask_for(client: Client, email: str, password: str = PASSWORD) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CHANGE_EMAIL, {"e": email, "p": password}))["changeEmail"]
    await client.settle()
    return answer


async def confirm(client: Client, code: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.run(CONFIRM_EMAIL, {"c": code}))["confirmEmail"]
    return answer


def code_to(client: Client, address: str) -> str:
    return next(mail for mail in reversed(client.mails) if mail.to == address).subject.split()[0]


async def is_signed_in(client: Client) -> bool:
    answer = await client.graphql("{ me { id } }")
    assert answer.codes in ([], ["SESSION_ENDED"])
    return not answer.codes


class TestProfile:
    async def test_a_change_is_seen_by_everybody_on_the_next_read(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await publish(ada, "mine")
        await follow(bob, ada)
        before = await bob.run("{ userFeed { items { author { firstName avatar } } } }")
        assert before["userFeed"]["items"] == [{"author": {"firstName": "", "avatar": None}}]

        changed = await update(ada, first="Ada", avatar="https://example.com/ada.png", locale="de")

        assert changed["success"]
        assert changed["user"]["locale"] == "de"
        after = await bob.run("{ userFeed { items { author { firstName avatar } } } }")
        assert after["userFeed"]["items"] == [{"author": {"firstName": "Ada", "avatar": "https://example.com/ada.png"}}]
        assert await profile_of(bob, "ada") == {
            "firstName": "Ada",
            "bio": "",
            "avatar": "https://example.com/ada.png",
            "isPrivate": False,
            "locale": None,
            "email": None,
        }

    async def test_what_is_left_out_stays_and_an_empty_address_removes_the_picture(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        await update(ada, first="Ada", bio="one\ntwo", avatar="https://example.com/ada.png")

        changed = await update(ada, first=None, avatar="")

        assert changed["user"] == {
            "firstName": "Ada",
            "lastName": "",
            "bio": "one\ntwo",
            "avatar": None,
            "isPrivate": False,
            "locale": "en",
        }

    @pytest.mark.parametrize(
        ("change", "code", "field"),
        [
            ({"first": "x" * 51}, "TOO_LONG", "firstName"),
            ({"bio": "a\0b"}, "INVALID_CHARACTER", "bio"),
            ({"avatar": "javascript:alert(1)"}, "INVALID_URL", "avatarUrl"),
            ({"avatar": "data:image/png;base64,AAAA"}, "INVALID_URL", "avatarUrl"),
            ({"locale": "not a locale"}, "INVALID_LOCALE", "locale"),
        ],
    )
    async def test_a_refused_change_changes_nothing(self, change: dict[str, str], code: str, field: str) -> None:
        async with open_client() as client:
            ada = await client.sign_up("ada")
            refused = await update(ada, **{"last": "Lovelace", **change})
            assert refused["errors"] == [{"code": code, "field": field}]
            assert (await ada.run("{ me { lastName } }"))["me"] == {"lastName": ""}

    async def test_a_profile_read_before_a_change_does_not_come_back_from_the_cache(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> None:
        """Two processes: one reads while the other writes."""
        settings = await backend("postgres+valkey", request, tmp_path)
        async with open_client(**settings) as one, open_client(**settings) as other:
            ada = await one.sign_up("ada")
            post = await publish(ada, "mine")
            query = "query ($i: ID!) { post(id: $i) { author { firstName } } }"
            for name in ("Ada", "Augusta", "Ada again"):
                await asyncio.gather(*(other.run(query, {"i": post}) for _ in range(10)), update(ada, first=name))
                assert (await other.run(query, {"i": post}))["post"]["author"] == {"firstName": name}


class TestPrivateAccounts:
    async def test_posts_are_for_followers_only_on_every_read(self, client: Client) -> None:
        ada, fan, stranger = [await client.sign_up(name) for name in ("ada", "fan", "stranger")]
        await follow(fan, ada)
        post = await publish(ada, "for friends")
        await client.settle()
        await update(ada, private=True)

        read = "query ($i: ID!, $u: ID!) { post(id: $i) { content } postsByUser(userId: $u) { totalItems } }"
        both = {"i": post, "u": ada.user_id}
        for reader, seen in ((ada, True), (fan, True), (stranger, False), (client, False)):
            answer = await reader.run(read, both)
            assert (answer["post"] is not None, answer["postsByUser"]["totalItems"]) == (seen, int(seen))
        assert await contents(fan) == ["for friends"]
        like = "mutation ($i: ID!) { likePost(postId: $i) { errors { code } } }"
        assert (await stranger.run(like, {"i": post}))["likePost"]["errors"] == [{"code": "POST_NOT_FOUND"}]
        assert (await fan.run(like, {"i": post}))["likePost"]["errors"] == []

    async def test_who_is_new_asks_and_who_follows_already_stays(self, client: Client) -> None:
        ada, fan, stranger = [await client.sign_up(name) for name in ("ada", "fan", "stranger")]
        await follow(fan, ada)
        await update(ada, private=True)
        ask = "mutation ($u: ID!) { followUser(userId: $u) { isFollowing isRequested errors { code field } } }"

        asked = (await stranger.run(ask, {"u": ada.user_id}))["followUser"]
        again = (await fan.run(ask, {"u": ada.user_id}))["followUser"]

        assert asked == {"isFollowing": False, "isRequested": True, "errors": []}
        assert again == {"isFollowing": True, "isRequested": False, "errors": []}


class TestAddress:
    async def test_a_new_address_counts_once_it_is_proven(self, client: Client) -> None:
        ada = await client.sign_up("ada")

        assert (await ask_for(ada, "New@Example.com"))["success"]

        assert (await ada.run("{ me { email } }"))["me"] == {"email": "ada@example.com"}
        assert [mail.to for mail in client.mails[-2:]] == ["new@example.com", "ada@example.com"]
        assert (await confirm(ada, code_to(client, "new@example.com")))["user"] == {"email": "new@example.com"}
        assert (await client.run(SIGN_IN, {"u": "new@example.com"}))["tokenAuth"]["token"]
        assert (await client.run(SIGN_IN, {"u": "ada@example.com"}))["tokenAuth"]["errors"] == [
            {"code": "INVALID_CREDENTIALS"}
        ]

    async def test_it_takes_the_password(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        mails = len(client.mails)
        assert (await ask_for(ada, "new@example.com", "wrong password"))["errors"] == WRONG_PASSWORD
        assert len(client.mails) == mails

    async def test_a_code_proves_the_address_it_was_mailed_to_and_no_other(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        await ask_for(ada, "first@example.com")
        first = code_to(client, "first@example.com")
        await ask_for(ada, "second@example.com")

        refused = await confirm(ada, first)

        assert refused["errors"] == [{"code": "CODE_REJECTED", "field": "otpCode"}]
        assert (await confirm(ada, code_to(client, "second@example.com")))["success"]

    async def test_a_code_works_once_and_dies_of_wrong_tries(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        await ask_for(ada, "new@example.com")
        code = code_to(client, "new@example.com")
        wrong = "000000" if code != "000000" else "111111"
        for _ in range(CODE_TRIES):
            assert not (await confirm(ada, wrong))["success"]
        assert not (await confirm(ada, code))["success"]

        await ask_for(ada, "new@example.com")
        code = code_to(client, "new@example.com")
        assert (await confirm(ada, code))["success"]
        assert not (await confirm(ada, code))["success"]

    async def test_somebody_elses_address_gets_the_same_answer_and_tells_its_owner(self, client: Client) -> None:
        ada, _ = await client.sign_up("ada"), await client.sign_up("bob")

        known, unknown = await ask_for(ada, "bob@example.com"), await ask_for(ada, "free@example.com")

        assert known == unknown
        to_bob = next(mail for mail in reversed(client.mails) if mail.to == "bob@example.com")
        assert "Your address was asked for" in to_bob.subject

    async def test_who_proves_an_address_first_has_it(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await ask_for(ada, "new@example.com")
        adas = code_to(client, "new@example.com")
        await ask_for(bob, "new@example.com")
        bobs = code_to(client, "new@example.com")
        assert (await confirm(bob, bobs))["success"]

        late = await confirm(ada, adas)

        assert [error["code"] for error in late["errors"]] == ["EMAIL_TAKEN"]

    async def test_the_own_address_is_refused(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        assert (await ask_for(ada, "ADA@example.com"))["errors"] == [{"code": "SAME_EMAIL", "field": "newEmail"}]
        assert (await ask_for(ada, "nobody"))["errors"] == [{"code": "INVALID_EMAIL", "field": "newEmail"}]


class TestLeaving:
    @pytest.mark.parametrize("leave", [DEACTIVATE, DELETE])
    async def test_24_an_account_that_leaves_is_gone_with_all_it_wrote_and_its_sessions(
        self, client: Client, leave: str
    ) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        other = await client.sign_in("ada")
        post = await publish(ada, "mine")
        await follow(bob, ada)
        assert await contents(bob) == ["mine"]
        assert await is_signed_in(other)

        await ada.run(leave, {"p": PASSWORD})

        assert not await is_signed_in(ada)
        assert not await is_signed_in(other)
        assert await contents(bob) == []
        assert await profile_of(bob, "ada") is None
        assert (await bob.run("query ($i: ID!) { post(id: $i) { id } }", {"i": post}))["post"] is None

    @pytest.mark.parametrize("leave", [DEACTIVATE, DELETE])
    async def test_signing_in_brings_it_back(self, client: Client, leave: str) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        await publish(ada, "mine")
        await follow(bob, ada)
        await ada.run(leave, {"p": PASSWORD})

        await client.sign_in("ada")

        assert await contents(bob) == ["mine"]
        assert (await profile_of(bob, "ada")) is not None

    @pytest.mark.parametrize("leave", [DEACTIVATE, DELETE])
    async def test_it_takes_the_password(self, client: Client, leave: str) -> None:
        ada = await client.sign_up("ada")
        refused = await ada.run(leave, {"p": "wrong password"})
        assert next(iter(refused.values()))["errors"] == WRONG_PASSWORD
        assert await is_signed_in(ada)

    async def test_the_address_of_an_account_that_left_is_not_free(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        await ada.run(DEACTIVATE, {"p": PASSWORD})
        await client.run(
            'mutation { registerUser(username: "imp", email: "ada@example.com", password: "correct horse battery")'
            " { success } }"
        )
        await client.settle()
        assert client.mails[-1].subject == "You already have an account"


class TestErasure:
    async def test_after_two_weeks_nothing_personal_is_left(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        await update(ada, first="Ada", last="Lovelace", bio="Countess", avatar="https://example.com/ada.png")
        await ask_for(ada, "new@example.com")
        post = await publish(ada, "my secret")
        user_id = parse_user_id(ada.user_id or "")
        deleted = (await ada.run(DELETE, {"p": PASSWORD}))["deleteAccount"]
        assert deleted["success"]

        clock.advance(ERASED_AFTER - timedelta(seconds=1))
        assert await erase(client) == 0
        clock.advance(timedelta(seconds=1))
        assert await erase(client) == 1
        assert await erase(client) == 0

        left = (await client.app.storage.users.accounts_by_ids([user_id]))[user_id]
        assert left.status is UserStatus.ERASED
        for trace in ("ada", "Lovelace", "Countess", "example.com", "$argon2"):
            assert trace not in f"{left!r} {left.password_hash}"
        [blank] = (await client.app.storage.posts.posts_by_ids([parse_post_id(post)])).values()
        assert blank.content == ""
        assert (await client.run(SIGN_IN, {"u": "ada"}))["tokenAuth"]["errors"] == [{"code": "INVALID_CREDENTIALS"}]
        assert (await client.sign_up("ada")).user_id != ada.user_id

    async def test_who_comes_back_in_time_keeps_everything(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        await ada.run(DELETE, {"p": PASSWORD})
        clock.advance(ERASED_AFTER - timedelta(seconds=1))
        await client.sign_in("ada")
        clock.advance(timedelta(days=1))

        assert await erase(client) == 0
        assert (await client.sign_in("ada")).user_id == ada.user_id

    async def test_who_comes_back_too_late_is_refused_even_before_the_erasure_ran(
        self, timed: tuple[Client, FixedClock]
    ) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        await ada.run(DELETE, {"p": PASSWORD})
        clock.advance(ERASED_AFTER)
        assert (await client.run(SIGN_IN, {"u": "ada"}))["tokenAuth"]["errors"] == [{"code": "INVALID_CREDENTIALS"}]

    async def test_two_processes_erase_an_account_once(self, timed: tuple[Client, FixedClock]) -> None:
        client, clock = timed
        ada = await client.sign_up("ada")
        await ada.run(DELETE, {"p": PASSWORD})
        clock.advance(ERASED_AFTER)
        assert sum(await asyncio.gather(*(erase(client) for _ in range(5)))) == 1


async def erase(client: Client) -> int:
    return await client.app.services.own_account.erase_due()


@pytest.fixture
def passwords_at_their_price() -> Iterator[None]:
    with Container.hasher.override(providers.Singleton(Argon2PasswordHasher)):
        yield


@pytest.mark.usefixtures("passwords_at_their_price")
class TestRehash:
    async def test_a_hash_of_older_parameters_is_renewed_by_signing_in(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        user_id = parse_user_id(ada.user_id or "")
        async with Argon2PasswordHasher(memory_kib=1024, passes=1) as weak, client.app.storage.uow() as tx:
            user = await tx.users.get(user_id)
            assert user is not None
            await tx.users.save(user.with_password(await weak.hash(PASSWORD)))

        await client.sign_in("ada")

        renewed = await stored_hash(client, user_id)
        assert "m=19456,t=2,p=1" in renewed
        await client.sign_in("ada")
        assert await stored_hash(client, user_id) == renewed


async def stored_hash(client: Client, user_id: UserId) -> str:
    return (await client.app.storage.users.accounts_by_ids([user_id]))[user_id].password_hash
