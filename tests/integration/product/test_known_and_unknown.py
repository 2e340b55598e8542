"""Nobody learns from an answer who has an account: known and unknown ones get the same text, code and shape.

That they take the same time is measured by `python -m bench.known_unknown`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import OPERATOR
from socialfeed.testing.client import PASSWORD, Client, Response

WRONG = "no password of anybody"

NEW_EACH_TIME = re.compile(rb'"(id|createdAt|requestId)":"[^"]*"')
"""What differs between two answers to one client about the same, too."""


class Asked(NamedTuple):
    """How one front asks about somebody: the path and the body for a username."""

    path: str
    body: Callable[[str], Any]


def operation(text: str, variables: Callable[[str], Mapping[str, str]]) -> Asked:
    return Asked("/graphql", lambda name: {"query": text, "variables": variables(name)})


def address(name: str) -> str:
    return f"{name}@example.com"


def newcomer(name: str) -> dict[str, str]:
    """A registration under a free username, with the address of somebody."""
    return {"username": f"new_{name}", "email": address(name), "password": PASSWORD}


DOORS = {
    "tokenAuth by name": operation(
        "mutation ($u: String!, $p: String!) { tokenAuth(username: $u, password: $p) {"
        " token refreshToken expiresIn user { id } success message errors { code field message } } }",
        lambda name: {"u": name, "p": WRONG},
    ),
    "tokenAuth by address": operation(
        "mutation ($u: String!, $p: String!) { tokenAuth(username: $u, password: $p) {"
        " token refreshToken expiresIn user { id } success message errors { code field message } } }",
        lambda name: {"u": address(name), "p": WRONG},
    ),
    "requestPasswordReset": operation(
        "mutation ($e: String!) { requestPasswordReset(email: $e) { success message errors { code field message } } }",
        lambda name: {"e": address(name)},
    ),
    "resendEmailOtp": operation(
        "mutation ($e: String!) { resendEmailOtp(email: $e) { success message errors { code field message } } }",
        lambda name: {"e": address(name)},
    ),
    "verifyEmailOtp": operation(
        'mutation ($e: String!) { verifyEmailOtp(email: $e, otpCode: "no code") {'
        " user { id } success message errors { code field message } } }",
        lambda name: {"e": address(name)},
    ),
    "resetPassword": operation(
        "mutation ($e: String!, $p: String!) {"
        ' resetPassword(email: $e, otpCode: "no code", newPassword: $p) {'
        " success message errors { code field message } } }",
        lambda name: {"e": address(name), "p": PASSWORD},
    ),
    "auth/token by name": Asked("/api/auth/token", lambda name: {"username": name, "password": WRONG}),
    "auth/token by address": Asked("/api/auth/token", lambda name: {"username": address(name), "password": WRONG}),
    "auth/password/reset": Asked("/api/auth/password/reset", lambda name: {"email": address(name)}),
    "auth/resend": Asked("/api/auth/resend", lambda name: {"email": address(name)}),
    "auth/verify": Asked("/api/auth/verify", lambda name: {"email": address(name), "otpCode": "no code"}),
    "auth/password/reset/confirm": Asked(
        "/api/auth/password/reset/confirm",
        lambda name: {"email": address(name), "otpCode": "no code", "newPassword": PASSWORD},
    ),
    # Last: from here on the stranger has an account that waits for a code, too.
    "registerUser": operation(
        "mutation ($username: String!, $email: String!, $password: String!) {"
        " registerUser(username: $username, email: $email, password: $password) {"
        " user { id username email firstName lastName bio createdAt locale isPrivate followersCount }"
        " success message errors { code field message } } }",
        newcomer,
    ),
    "auth/register": Asked("/api/auth/register", newcomer),
}

STATES = ("active", "unverified", "deactivated", "banned")


@pytest.fixture(params=STATES)
async def known(client: Client, request: pytest.FixtureRequest) -> str:
    """The name of an account in that state."""
    name = f"ada_{request.param}"
    if request.param == "unverified":
        await client.request("POST", "/api/auth/register", json={**newcomer(name), "username": name})
        await client.settle()
        return name
    somebody = await client.sign_up(name)
    if request.param == "deactivated":
        deactivate = "mutation ($p: String!) { deactivateAccount(currentPassword: $p) { success } }"
        await somebody.run(deactivate, {"p": PASSWORD})
    if request.param == "banned":
        await client.app.services.members.ban(OPERATOR, UserId(int(somebody.user_id or "")))
    return name


def told(answer: Response, name: str) -> tuple[int, dict[str, str], bytes]:
    """All that an answer says, but for what is new each time and what the client said itself."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "content-length")}
    body = NEW_EACH_TIME.sub(rb'"\1":""', answer.body)
    return answer.status, headers, body.replace(name.encode(), b"somebody")


async def test_security_31_an_answer_does_not_tell_known_from_unknown(client: Client, known: str) -> None:
    for number, (door, asked) in enumerate(DOORS.items()):
        stranger = f"mallory_{number}"

        of_known = await client.request("POST", asked.path, json=asked.body(known))
        of_stranger = await client.request("POST", asked.path, json=asked.body(stranger))

        assert not re.search(rb"BAD_REQUEST|_FIELD|WRONG_TYPE|INTERNAL", of_known.body), (door, of_known.body)
        assert told(of_known, known) == told(of_stranger, stranger), door


async def test_security_31_only_the_owner_of_an_address_learns_more_and_by_mail(client: Client) -> None:
    await client.sign_up("ada")
    del client.mails[:]

    for name in ("ada", "mallory"):
        for path in ("/api/auth/register", "/api/auth/password/reset", "/api/auth/resend"):
            await client.request("POST", path, json=DOORS[path.removeprefix("/api/")].body(name))
            await client.settle()

    told_to_ada = [mail.subject for mail in client.mails if mail.to == address("ada")]
    told_to_mallory = [mail.subject for mail in client.mails if mail.to == address("mallory")]
    assert [re.sub("[0-9]{6}", "000000", subject) for subject in told_to_ada] == [
        "You already have an account",
        "000000 is your code for a new password",
        "You already have an account",
    ]
    assert [re.sub("[0-9]{6}", "000000", subject) for subject in told_to_mallory] == [
        "000000 is your verification code",
        "000000 is your verification code",
    ]
