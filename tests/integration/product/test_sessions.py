"""Sessions: how long somebody stays signed in, and how surely it ends. Numbers in names are those of the security
statements in the contract.
"""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from socialfeed.domain.errors import Unavailable
from socialfeed.domain.ids import UserId
from socialfeed.domain.session import REFRESH_LIFE, SESSION_LIFE
from socialfeed.testing.client import PASSWORD, Client, open_client
from socialfeed.testing.clock import FixedClock
from tests.integration.product.conftest import backend

ME = "{ me { username } }"
SIGN_IN = (
    'mutation ($p: String!) { tokenAuth(username: "ada", password: $p)'
    " { token refreshToken expiresIn user { id } success errors { code } } }"
)
REFRESH = (
    "mutation ($r: String!) { refreshToken(refreshToken: $r)"
    " { token refreshToken expiresIn user { username } success errors { code field } } }"
)
REFUSED = [{"code": "INVALID_REFRESH_TOKEN", "field": "refreshToken"}]


async def signed_in(client: Client, password: str = PASSWORD) -> tuple[Client, str]:
    """Ada with a session of her own, and its refresh token."""
    data = (await client.run(SIGN_IN, {"p": password}))["tokenAuth"]
    assert data["success"], data
    return as_token(client, data["token"], data["user"]["id"]), data["refreshToken"]


def as_token(client: Client, token: str, user_id: str | None = None) -> Client:
    return Client(client.app, client.asgi, token, user_id)


async def refreshed(client: Client, token: str) -> dict[str, object]:
    return dict((await client.run(REFRESH, {"r": token}))["refreshToken"])


async def is_signed_in(somebody: Client) -> bool:
    answer = await somebody.graphql(ME)
    if answer.status == 401:
        assert answer.codes == ["SESSION_ENDED"]
        return False
    assert answer.data["me"] == {"username": "ada"}
    return True


class TestRefresh:
    async def test_a_refresh_token_gets_the_next_pair_and_the_session_goes_on(self, client: Client) -> None:
        await client.sign_up("ada")
        _, first = await signed_in(client)

        second = await refreshed(client, first)

        assert second["success"]
        assert second["user"] == {"username": "ada"}
        assert second["refreshToken"] != first
        assert await is_signed_in(as_token(client, str(second["token"])))
        assert (await refreshed(client, str(second["refreshToken"])))["success"]

    async def test_22_a_refresh_token_is_no_access_token_nor_the_reverse(self, client: Client) -> None:
        await client.sign_up("ada")
        ada, refresh_token = await signed_in(client)

        as_access = await as_token(client, refresh_token).graphql(ME)
        as_refresh = await refreshed(client, ada.token or "")

        assert (as_access.status, as_access.codes) == (401, ["INVALID_TOKEN"])
        assert as_refresh["errors"] == REFUSED

    async def test_23_reuse_of_an_old_token_ends_the_family(self, client: Client) -> None:
        await client.sign_up("ada")
        ada, first = await signed_in(client)
        other, _ = await signed_in(client)
        second = await refreshed(client, first)
        assert await is_signed_in(ada)

        assert (await refreshed(client, first))["errors"] == REFUSED

        assert (await refreshed(client, str(second["refreshToken"])))["errors"] == REFUSED
        assert not await is_signed_in(ada)
        assert not await is_signed_in(as_token(client, str(second["token"])))
        assert await is_signed_in(other)

    async def test_23_twenty_simultaneous_uses_give_one_success(self, client: Client) -> None:
        await client.sign_up("ada")
        _, token = await signed_in(client)

        results = await asyncio.gather(*(refreshed(client, token) for _ in range(20)))

        assert sorted(bool(result["success"]) for result in results) == [False] * 19 + [True]

    @pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "\x00", "x" * 5_000])
    async def test_a_token_that_was_never_ours_is_refused_and_ends_nothing(self, client: Client, token: str) -> None:
        await client.sign_up("ada")
        ada, _ = await signed_in(client)

        assert (await refreshed(client, token))["errors"] == REFUSED
        assert (await client.run("mutation ($r: String!) { revokeToken(refreshToken: $r) { success } }", {"r": token}))[
            "revokeToken"
        ]["success"]
        assert await is_signed_in(ada)

    async def test_a_guess_with_the_right_session_ends_nothing(self, client: Client) -> None:
        await client.sign_up("ada")
        ada, token = await signed_in(client)
        guess = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")

        assert (await refreshed(client, guess))["errors"] == REFUSED
        assert await is_signed_in(ada)
        assert (await refreshed(client, token))["success"]


class TestExpiry:
    async def test_24_an_unused_session_ends_after_thirty_days(self) -> None:
        clock = FixedClock()
        async with open_client(clock=clock) as client:
            await client.sign_up("ada")
            _, token = await signed_in(client)
            clock.advance(REFRESH_LIFE)

            assert (await refreshed(client, token))["errors"] == REFUSED

    async def test_24_a_session_ends_in_the_end_however_often_it_is_refreshed(self) -> None:
        clock = FixedClock()
        async with open_client(clock=clock) as client:
            await client.sign_up("ada")
            _, token = await signed_in(client)
            for _ in range(SESSION_LIFE // timedelta(days=10) - 1):
                clock.advance(timedelta(days=10))
                token = str((await refreshed(client, token))["refreshToken"])
            clock.advance(timedelta(days=10))

            assert (await refreshed(client, token))["errors"] == REFUSED

    async def test_an_access_token_lives_fifteen_minutes_though_it_was_checked_before(self) -> None:
        clock = FixedClock()
        async with open_client(clock=clock) as client:
            ada = await client.sign_up("ada")
            clock.advance(timedelta(minutes=14, seconds=59))
            assert (await ada.graphql(ME)).status == 200
            clock.advance(timedelta(seconds=1))

            answer = await ada.graphql(ME)

        assert (answer.status, answer.codes) == (401, ["TOKEN_EXPIRED"])


class TestEnding:
    async def test_logging_out_ends_this_session_on_the_next_request(self, client: Client) -> None:
        await client.sign_up("ada")
        (ada, refresh_token), (other, _) = await signed_in(client), await signed_in(client)
        assert await is_signed_in(ada)

        await ada.run("mutation { logout { success } }")

        assert not await is_signed_in(ada)
        assert (await refreshed(client, refresh_token))["errors"] == REFUSED
        assert await is_signed_in(other)

    async def test_logging_out_everywhere_ends_every_session(self, client: Client) -> None:
        await client.sign_up("ada")
        (ada, _), (other, _) = await signed_in(client), await signed_in(client)
        assert await is_signed_in(other)

        await ada.run("mutation { logoutEverywhere { success } }")

        assert not await is_signed_in(ada)
        assert not await is_signed_in(other)

    async def test_revoking_the_refresh_token_ends_its_session(self, client: Client) -> None:
        await client.sign_up("ada")
        ada, refresh_token = await signed_in(client)
        revoke = "mutation ($r: String!) { revokeToken(refreshToken: $r) { success } }"
        for _ in range(2):
            assert (await client.run(revoke, {"r": refresh_token}))["revokeToken"]["success"]

        assert not await is_signed_in(ada)

    async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(self, client: Client) -> None:
        ada, bob = await client.sign_up("ada"), await client.sign_up("bob")
        other, _ = await signed_in(client)
        sessions = (await ada.run("{ sessions { id isCurrent address userAgent } }"))["sessions"]
        assert [session["isCurrent"] for session in sessions] == [False, True]
        assert {session["address"] for session in sessions} == {"127.0.0.1"}
        end = "mutation ($i: ID!) { revokeSession(id: $i) { success errors { code field } } }"

        theirs = await bob.run(end, {"i": sessions[0]["id"]})
        assert theirs["revokeSession"]["errors"] == [{"code": "SESSION_NOT_FOUND", "field": "id"}]
        assert await is_signed_in(other)
        assert (await ada.run(end, {"i": sessions[0]["id"]}))["revokeSession"]["success"]
        assert not await is_signed_in(other)
        assert await is_signed_in(ada)

    async def test_what_needs_a_session_says_so_without_one(self, client: Client) -> None:
        for operation in (
            "{ sessions { id } }",
            "mutation { logout { success } }",
            "mutation { logoutEverywhere { success } }",
            f'mutation {{ changePassword(currentPassword: "{PASSWORD}", newPassword: "another password")'
            " { success } }",
        ):
            assert (await client.graphql(operation)).codes == ["UNAUTHENTICATED"]


class TestPasswords:
    async def test_24_changing_the_password_ends_every_session_and_begins_a_new_one(self, client: Client) -> None:
        await client.sign_up("ada")
        (ada, _), (other, refresh_token) = await signed_in(client), await signed_in(client)
        change = (
            "mutation ($c: String!, $n: String!) { changePassword(currentPassword: $c, newPassword: $n)"
            " { token success errors { code field } } }"
        )
        wrong = (await ada.run(change, {"c": "not the password", "n": "another password"}))["changePassword"]
        assert wrong["errors"] == [{"code": "INVALID_CREDENTIALS", "field": "currentPassword"}]
        short = (await ada.run(change, {"c": PASSWORD, "n": "short"}))["changePassword"]
        assert short["errors"] == [{"code": "PASSWORD_TOO_SHORT", "field": "newPassword"}]
        assert await is_signed_in(other)

        changed = (await ada.run(change, {"c": PASSWORD, "n": "another password"}))["changePassword"]

        assert await is_signed_in(as_token(client, changed["token"]))
        assert not await is_signed_in(ada)
        assert not await is_signed_in(other)
        assert (await refreshed(client, refresh_token))["errors"] == REFUSED
        assert not (await client.run(SIGN_IN, {"p": PASSWORD}))["tokenAuth"]["success"]
        await signed_in(client, "another password")

    async def test_a_forgotten_password_is_reset_by_mail_and_ends_every_session(self, client: Client) -> None:
        ada = await client.sign_up("ada")
        request = "mutation ($e: String!) { requestPasswordReset(email: $e) { success message errors { code } } }"
        reset = (
            'mutation ($c: String!, $n: String!) { resetPassword(email: "ada@example.com", otpCode: $c,'
            " newPassword: $n) { success errors { code field } } }"
        )
        known = await client.run(request, {"e": "Ada@example.com"})
        unknown = await client.run(request, {"e": "nobody@example.com"})
        assert known == unknown
        await client.settle()
        assert [mail.to for mail in client.mails[1:]] == ["ada@example.com"]
        code = client.mails[-1].subject.split()[0]
        wrong = "000000" if code != "000000" else "111111"
        refused = (await client.run(reset, {"c": wrong, "n": "another password"}))["resetPassword"]
        assert refused == {"success": False, "errors": [{"code": "CODE_REJECTED", "field": "otpCode"}]}

        assert (await client.run(reset, {"c": code, "n": "another password"}))["resetPassword"]["success"]

        assert not await is_signed_in(ada)
        await signed_in(client, "another password")
        again = (await client.run(reset, {"c": code, "n": "a third password"}))["resetPassword"]
        assert again["errors"] == [{"code": "CODE_REJECTED", "field": "otpCode"}]

    async def test_a_code_for_one_purpose_opens_nothing_else(self, client: Client) -> None:
        await client.run(
            'mutation { registerUser(username: "eve", email: "eve@example.com", password: "securepassword")'
            " { success } }"
        )
        await client.settle()
        code = client.mails[-1].subject.split()[0]
        data = await client.run(
            'mutation ($c: String!) { resetPassword(email: "eve@example.com", otpCode: $c,'
            ' newPassword: "another password") { success errors { code } } }',
            {"c": code},
        )

        assert data["resetPassword"] == {"success": False, "errors": [{"code": "CODE_REJECTED"}]}


@pytest.mark.parametrize("name", ["sqlite", "postgres+valkey"])
async def test_what_one_process_revokes_every_other_forgets_within_a_second(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The bound is checked as a promise of the protocol, with room for a busy machine; it is no benchmark."""
    settings = await backend(name, request, tmp_path)
    async with (
        open_client(data_dir=tmp_path, **settings) as here,
        open_client(data_dir=tmp_path, **settings) as there,
    ):
        await here.sign_up("ada")
        ada, _ = await signed_in(here)
        elsewhere = as_token(there, ada.token or "")
        assert await is_signed_in(elsewhere)

        await ada.run("mutation { logout { success } }")

        started = time.monotonic()
        while await is_signed_in(elsewhere):
            assert time.monotonic() - started < 5
            await asyncio.sleep(0.05)


async def test_a_database_that_is_away_is_a_503_and_shows_nothing_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_client(data_dir=tmp_path) as client:
        ada = await client.sign_up("ada")

        async def away(_: object) -> object:
            raise Unavailable("connection to 192.0.2.1 refused")

        monkeypatch.setattr(client.app.services.sessions, "_sessions", SimpleNamespace(sessions_by_ids=away))
        answer = await ada.graphql(ME)
        monkeypatch.undo()

    assert (answer.status, answer.codes) == (503, ["UNAVAILABLE"])
    assert "192.0.2.1" not in str(answer.errors)


class TestCodes:
    async def test_30_a_code_proves_an_address_and_signs_nobody_in(self, client: Client) -> None:
        """Neither of the codes there are is worth a session, nor does any stand in for the password."""
        await client.run(
            'mutation { registerUser(username: "ada", email: "ada@example.com", password: "correct horse battery")'
            " { success } }"
        )
        await client.settle()
        verify = (
            'mutation ($c: String!) { outcome: verifyEmailOtp(email: "ada@example.com", otpCode: $c)'
            " { success errors { code } } }"
        )
        code = client.mails[-1].subject.split()[0]
        sign_in = f'mutation {{ tokenAuth(username: "ada", password: "{code}") {{ token errors {{ code }} }} }}'
        refused = {"token": None, "errors": [{"code": "INVALID_CREDENTIALS"}]}
        assert (await client.run(sign_in))["tokenAuth"] == refused
        assert (await client.run(verify, {"c": code}))["outcome"]["success"]
        assert (await client.run(sign_in))["tokenAuth"] == refused
        user_id = UserId(int((await client.run('{ user(username: "ada") { id } }'))["user"]["id"]))
        assert await client.app.storage.sessions.sessions_of(user_id, client.app.clock.now()) == []

        await client.run('mutation { requestPasswordReset(email: "ada@example.com") { success } }')
        await client.settle()
        reset = (
            'mutation ($c: String!) { resetPassword(email: "ada@example.com", otpCode: $c,'
            ' newPassword: "another horse") { success } }'
        )
        assert (await client.run(reset, {"c": client.mails[-1].subject.split()[0]}))["resetPassword"]["success"]
        assert await client.app.storage.sessions.sessions_of(user_id, client.app.clock.now()) == []
