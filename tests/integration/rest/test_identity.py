"""Every endpoint, granted and refused, on each set of backends; and both fronts tell one story."""

from dataclasses import replace
from typing import Any

import pytest

from socialfeed.testing.client import PASSWORD, Client
from tests.integration.rest.calls import ADA, done, get, mailed_code, post, problem, sign_in, sign_up

ENDED = (401, "SESSION_ENDED", None)
REFUSED_REFRESH = (401, "INVALID_REFRESH_TOKEN", "refreshToken")


class TestRegistering:
    async def test_an_account_is_made_proven_and_signed_in(self, client: Client) -> None:
        response = await post(client, "/auth/register", ADA | {"firstName": "Ada", "bio": "Counts."})
        proven = await done(client, "/auth/verify", {"email": "ada@example.com", "otpCode": await mailed_code(client)})
        pair = await done(client, "/auth/token", {"username": "ADA@example.com", "password": PASSWORD})

        assert response.status == 201
        made = response.json()["user"]
        assert {name: made[name] for name in ("username", "email", "firstName", "lastName", "bio")} == {
            "username": "ada",
            "email": "ada@example.com",
            "firstName": "Ada",
            "lastName": "",
            "bio": "Counts.",
        }
        assert proven["user"] == pair["user"] == made
        assert pair["expiresIn"] == 900

    async def test_a_known_address_gets_the_answer_of_an_unknown_one(self, client: Client) -> None:
        await sign_up(client)

        known = await post(client, "/auth/register", ADA | {"username": "eve"})
        unknown = await post(client, "/auth/register", ADA | {"username": "bob", "email": "bob@example.com"})

        varying: dict[str, Any] = {"id": "", "username": "", "email": "", "createdAt": ""}
        alike = [answer.json() | {"user": answer.json()["user"] | varying} for answer in (known, unknown)]
        assert known.status == unknown.status == 201
        assert alike[0] == alike[1]

    async def test_a_taken_username_is_a_conflict(self, client: Client) -> None:
        await sign_up(client)

        taken = await post(client, "/auth/register", ADA | {"username": "Ada", "email": "eve@example.com"})

        assert problem(taken) == (409, "USERNAME_TAKEN", "username")

    async def test_a_wrong_code_proves_nothing(self, client: Client) -> None:
        await done(client, "/auth/register", ADA)
        right = await mailed_code(client)
        wrong = f"{(int(right) + 1) % 1_000_000:06}"

        verified = await post(client, "/auth/verify", {"email": "ada@example.com", "otpCode": wrong})
        signed_in = await post(client, "/auth/token", {"username": "ada", "password": PASSWORD})

        assert problem(verified) == (400, "CODE_REJECTED", "otpCode")
        assert problem(signed_in) == (403, "EMAIL_NOT_VERIFIED", None)

    async def test_another_code_is_mailed_where_one_is_waited_for_and_the_answer_tells_nothing(
        self, client: Client
    ) -> None:
        await done(client, "/auth/register", ADA)
        first = await mailed_code(client)

        known = await post(client, "/auth/resend", {"email": "ada@example.com"})
        unknown = await post(client, "/auth/resend", {"email": "bob@example.com"})
        second = await mailed_code(client)

        assert known.status == unknown.status == 202
        assert known.json() == unknown.json()
        assert len(client.mails) == 2
        assert first != second or client.mails[0] is not client.mails[1]
        await done(client, "/auth/verify", {"email": "ada@example.com", "otpCode": second})


class TestSessions:
    async def test_a_wrong_password_and_an_unknown_name_are_answered_alike(self, client: Client) -> None:
        await sign_up(client)

        wrong = await post(client, "/auth/token", {"username": "ada", "password": "not this one"})
        unknown = await post(client, "/auth/token", {"username": "bob", "password": "not this one"})

        assert problem(wrong) == problem(unknown) == (401, "INVALID_CREDENTIALS", None)
        assert wrong.json()["detail"] == unknown.json()["detail"]

    async def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(self, client: Client) -> None:
        await sign_up(client)
        _, first = await sign_in(client)

        second = await done(client, "/auth/token/refresh", {"refreshToken": first})
        again = await post(client, "/auth/token/refresh", {"refreshToken": first})

        assert problem(again) == REFUSED_REFRESH
        assert problem(await post(client, "/auth/token/refresh", {"refreshToken": second["refreshToken"]})) == (
            REFUSED_REFRESH
        )
        assert problem(await get(replace(client, token=second["token"]), "/users/me")) == ENDED

    async def test_an_access_token_is_verified_and_a_refresh_token_is_none(self, client: Client) -> None:
        await sign_up(client)
        ada, refresh_token = await sign_in(client)

        good = await done(client, "/auth/token/verify", {"token": ada.token})
        bad = await post(client, "/auth/token/verify", {"token": refresh_token})

        assert good["user"]["username"] == "ada"
        assert problem(bad) == (401, "INVALID_TOKEN", None)

    async def test_logging_out_ends_the_session_of_the_bearer_token(self, client: Client) -> None:
        await sign_up(client)
        (ada, refresh_token), (other, _) = await sign_in(client), await sign_in(client)

        response = await post(ada, "/auth/logout")

        assert (response.status, response.body) == (204, b"")
        assert problem(await get(ada, "/users/me")) == ENDED
        assert problem(await post(client, "/auth/token/verify", {"token": ada.token})) == ENDED
        assert problem(await post(client, "/auth/token/refresh", {"refreshToken": refresh_token})) == REFUSED_REFRESH
        assert (await get(other, "/users/me")).status == 200

    async def test_logging_out_by_a_refresh_token_needs_no_other_and_may_be_repeated(self, client: Client) -> None:
        await sign_up(client)
        ada, refresh_token = await sign_in(client)

        for _ in range(2):
            await done(client, "/auth/logout", {"refreshToken": refresh_token})

        assert problem(await get(ada, "/users/me")) == ENDED

    async def test_nobody_in_particular_cannot_log_out(self, client: Client) -> None:
        assert problem(await post(client, "/auth/logout")) == (401, "UNAUTHENTICATED", None)


class TestForgottenPasswords:
    async def test_a_code_by_mail_sets_a_new_password_and_ends_every_session(self, client: Client) -> None:
        await sign_up(client)
        ada, _ = await sign_in(client)

        known = await post(client, "/auth/password/reset", {"email": "ada@example.com"})
        unknown = await post(client, "/auth/password/reset", {"email": "bob@example.com"})
        confirmation = {
            "email": "ada@example.com",
            "otpCode": await mailed_code(client),
            "newPassword": "new password!",
        }
        await done(client, "/auth/password/reset/confirm", confirmation)

        assert known.status == unknown.status == 202
        assert known.json() == unknown.json()
        assert problem(await get(ada, "/users/me")) == ENDED
        await sign_in(client, "new password!")
        assert problem(await post(client, "/auth/password/reset/confirm", confirmation)) == (
            400,
            "CODE_REJECTED",
            "otpCode",
        )

    async def test_a_short_password_is_refused_by_name(self, client: Client) -> None:
        body = {"email": "ada@example.com", "otpCode": "000000", "newPassword": "short"}

        refused = await post(client, "/auth/password/reset/confirm", body)

        assert problem(refused) == (422, "PASSWORD_TOO_SHORT", "newPassword")


class TestPeople:
    async def test_only_oneself_sees_the_address(self, client: Client) -> None:
        await sign_up(client)
        ada, _ = await sign_in(client)

        own, seen = (await get(ada, "/users/me")).json(), (await get(client, "/users/ada")).json()

        assert own["email"] == "ada@example.com"
        assert "email" not in seen
        assert seen["id"] == own["id"] == ada.user_id
        assert seen["createdAt"].endswith("Z")

    async def test_a_profile_has_its_counts_and_says_whether_the_viewer_follows(self, client: Client) -> None:
        bob = await client.sign_up("bob")
        await sign_up(client)
        ada, _ = await sign_in(client)
        await ada.run("mutation ($i: ID!) { followUser(userId: $i) { success } }", {"i": bob.user_id})

        seen = (await get(ada, "/users/BOB")).json()
        by_nobody = (await get(client, "/users/bob")).json()

        assert (seen["username"], seen["followersCount"], seen["followingCount"], seen["postsCount"]) == (
            "bob",
            1,
            0,
            0,
        )
        assert (seen["isFollowed"], by_nobody["isFollowed"]) == (True, False)

    async def test_nobody_in_particular_has_no_account(self, client: Client) -> None:
        assert problem(await get(client, "/users/me")) == (401, "UNAUTHENTICATED", None)

    @pytest.mark.parametrize("name", ["bob", "a", "\x00", "é", "x" * 5_000, "' OR 1=1"])
    async def test_an_unknown_name_is_a_404(self, client: Client, name: str) -> None:
        assert problem(await get(client, f"/users/{name}")) == (404, "USER_NOT_FOUND", None)

    async def test_who_is_not_verified_is_not_shown(self, client: Client) -> None:
        await done(client, "/auth/register", ADA)

        assert problem(await get(client, "/users/ada")) == (404, "USER_NOT_FOUND", None)


class TestBothFronts:
    async def test_who_registers_over_rest_signs_in_over_graphql(self, client: Client) -> None:
        await sign_up(client)

        ada = await client.sign_in("ada")

        assert (await get(ada, "/users/me")).json()["username"] == "ada"

    async def test_who_registers_over_graphql_signs_in_over_rest(self, client: Client) -> None:
        await client.sign_up("ada")

        ada, refresh_token = await sign_in(client)
        me = (await ada.run("{ me { id username email createdAt } }"))["me"]
        refreshed = await client.run(
            "mutation ($r: String!) { refreshToken(refreshToken: $r) { success } }", {"r": refresh_token}
        )

        own = (await get(ada, "/users/me")).json()
        assert {name: own[name] for name in me} == me
        assert refreshed["refreshToken"]["success"]

    async def test_a_session_that_ends_on_one_front_has_ended_on_the_other(self, client: Client) -> None:
        await sign_up(client)
        (first, _), (second, _) = await sign_in(client), await sign_in(client)

        await done(first, "/auth/logout")
        await second.run("mutation { logout { success } }")

        assert (await first.graphql("{ me { id } }")).codes == ["SESSION_ENDED"]
        assert problem(await get(second, "/users/me")) == ENDED
