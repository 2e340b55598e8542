"""A real server, asked for all that takes or gives a secret, and for much that does not fit: it keeps every one."""

import asyncio
import base64
import contextlib
import http.client
import json
import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from socialfeed.adapters.sql import migrate
from tests.canaries import CODE, SHAPES
from tests.integration.cli.conftest import Server
from tests.integration.mail.test_smtp import Inbox, serving

FIRST, SECOND, THIRD, WRONG = (f"canary {n} of a good password" for n in ("one", "two", "three", "four"))
TOO_SHORT = "c4nary!"

HASHES = {("users", "password_hash"), ("one_time_codes", "code_hash"), ("sessions", "token_hash")}

REGISTER = (
    "mutation ($u: String!, $e: String!, $p: String!) {"
    " outcome: registerUser(username: $u, email: $e, password: $p) { success } }"
)
VERIFY = "mutation ($e: String!, $c: String!) { outcome: verifyEmailOtp(email: $e, otpCode: $c) { success } }"
RESEND = "mutation ($e: String!) { outcome: resendEmailOtp(email: $e) { success } }"
LOG_IN = (
    "mutation ($u: String!, $p: String!) {"
    " outcome: tokenAuth(username: $u, password: $p) { success token refreshToken } }"
)
REFRESH = "mutation ($r: String!) { outcome: refreshToken(refreshToken: $r) { success token refreshToken } }"
REVOKE = "mutation ($r: String!) { outcome: revokeToken(refreshToken: $r) { success } }"
ASK_RESET = "mutation ($e: String!) { outcome: requestPasswordReset(email: $e) { success } }"
RESET = (
    "mutation ($e: String!, $c: String!, $p: String!) {"
    " outcome: resetPassword(email: $e, otpCode: $c, newPassword: $p) { success } }"
)
CHANGE_PASSWORD = (
    "mutation ($o: String!, $n: String!) {"
    " outcome: changePassword(currentPassword: $o, newPassword: $n) { success token refreshToken } }"
)
CHANGE_EMAIL = (
    "mutation ($e: String!, $p: String!) { outcome: changeEmail(newEmail: $e, currentPassword: $p) { success } }"
)
CONFIRM_EMAIL = "mutation ($c: String!) { outcome: confirmEmail(otpCode: $c) { success } }"
DEACTIVATE = "mutation ($p: String!) { outcome: deactivateAccount(currentPassword: $p) { success } }"


class Visitor:
    """Talks to the server, and remembers every token and code that comes back."""

    def __init__(self, address: str, inbox: Inbox) -> None:
        self._address = urlsplit(address)
        self._inbox = inbox
        self._mails_read = 0
        self.tokens: set[str] = set()
        self.codes: set[str] = set()

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON of the answer. A body of bytes is sent as it is."""
        status, answer = await asyncio.to_thread(self._send, method, path, body, headers)
        found = json.loads(answer) if answer.startswith(b"{") else None
        self.tokens.update(_tokens_in(found))
        return status, found

    async def graphql(self, query: str, variables: Any = None, *, token: str = "") -> Any:
        """The payload of the operation's one field."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        _, answer = await self.send("POST", "/graphql", {"query": query, "variables": variables}, **headers)
        return answer["data"]["outcome"]

    async def mailed_code(self) -> str:
        """The code of the next mail that has one."""
        async with asyncio.timeout(60):
            while True:
                for mail in self._inbox.mails()[self._mails_read :]:
                    self._mails_read += 1
                    if codes := CODE.findall(mail.subject):
                        self.codes.update(codes)
                        return str(codes[0])
                await asyncio.sleep(0.05)

    async def send_raw(self, request: bytes) -> None:
        await asyncio.to_thread(self._send_raw, request)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, bytes]:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if content is not None else {}
        with closing(http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=60)) as link:
            link.request(method, path, content, {**kind, **headers})
            answer = link.getresponse()
            return answer.status, answer.read()

    def _send_raw(self, request: bytes) -> None:
        # The server may hang up as soon as it has seen enough.
        with (
            socket.create_connection((self._address.hostname, self._address.port), timeout=60) as link,
            contextlib.suppress(ConnectionError),
        ):
            link.sendall(request)
            link.shutdown(socket.SHUT_WR)
            link.recv(65_536)


def _tokens_in(answer: Any) -> Iterator[str]:
    """Every value of a field that is called so, however deep."""
    if isinstance(answer, list):
        for value in answer:
            yield from _tokens_in(value)
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name in ("token", "refreshToken") and isinstance(value, str):
                yield value
            yield from _tokens_in(value)


async def live_over_graphql(visitor: Visitor) -> tuple[str, str]:
    """An account's life until it is signed in for good, every wrong turn included. Its access and refresh token."""
    email, name = "ada@example.com", {"u": "ada"}
    assert not (await visitor.graphql(REGISTER, {"u": "ada", "e": email, "p": TOO_SHORT}))["success"]
    assert (await visitor.graphql(REGISTER, {"u": "ada", "e": email, "p": FIRST}))["success"]
    first_code = await visitor.mailed_code()
    assert (await visitor.graphql(RESEND, {"e": email}))["success"]
    code = await visitor.mailed_code()
    if first_code != code:
        assert not (await visitor.graphql(VERIFY, {"e": email, "c": first_code}))["success"]
    assert not (await visitor.graphql(LOG_IN, {**name, "p": WRONG}))["success"]
    assert (await visitor.graphql(VERIFY, {"e": email, "c": code}))["success"]
    assert not (await visitor.graphql(LOG_IN, {**name, "p": WRONG}))["success"]
    pair = await visitor.graphql(LOG_IN, {**name, "p": FIRST})
    assert (await visitor.graphql(REFRESH, {"r": pair["refreshToken"]}))["success"]
    assert not (await visitor.graphql(REFRESH, {"r": pair["refreshToken"]}))["success"]
    pair = await visitor.graphql(LOG_IN, {"u": email, "p": FIRST})
    assert (await visitor.graphql(REVOKE, {"r": pair["refreshToken"]}))["success"]

    assert (await visitor.graphql(ASK_RESET, {"e": email}))["success"]
    code = await visitor.mailed_code()
    assert not (await visitor.graphql(RESET, {"e": email, "c": code, "p": TOO_SHORT}))["success"]
    assert (await visitor.graphql(RESET, {"e": email, "c": code, "p": SECOND}))["success"]
    pair = await visitor.graphql(LOG_IN, {**name, "p": SECOND})
    assert not (await visitor.graphql(CHANGE_PASSWORD, {"o": WRONG, "n": THIRD}, token=pair["token"]))["success"]
    pair = await visitor.graphql(CHANGE_PASSWORD, {"o": SECOND, "n": THIRD}, token=pair["token"])
    moved = {"e": "countess@example.com", "p": THIRD}
    assert not (await visitor.graphql(CHANGE_EMAIL, {**moved, "p": WRONG}, token=pair["token"]))["success"]
    assert (await visitor.graphql(CHANGE_EMAIL, moved, token=pair["token"]))["success"]
    code = await visitor.mailed_code()
    assert not (await visitor.graphql(CONFIRM_EMAIL, {"c": "no code"}, token=pair["token"]))["success"]
    assert (await visitor.graphql(CONFIRM_EMAIL, {"c": code}, token=pair["token"]))["success"]
    assert (await visitor.graphql(DEACTIVATE, {"p": THIRD}, token=pair["token"]))["success"]
    pair = await visitor.graphql(LOG_IN, {**name, "p": THIRD})
    assert (await visitor.graphql(ASK_RESET, {"e": moved["e"]}))["success"]
    await visitor.mailed_code()  # One that stays alive.
    return str(pair["token"]), str(pair["refreshToken"])


async def live_over_rest(visitor: Visitor) -> None:
    async def post(path: str, body: Any, **headers: str) -> tuple[int, Any]:
        return await visitor.send("POST", f"/api/auth/{path}", body, **headers)

    account = {"username": "bob", "email": "bob@example.com", "password": FIRST}
    email = {"email": account["email"]}
    log_in = {"username": "bob", "password": FIRST}
    assert (await post("register", {**account, "password": TOO_SHORT}))[0] == 422
    assert (await post("register", account))[0] == 201
    code = await visitor.mailed_code()
    assert (await post("verify", {**email, "otpCode": "no code"}))[0] == 400
    assert (await post("verify", {**email, "otpCode": code}))[0] == 200
    assert (await post("token", {**log_in, "password": WRONG}))[0] == 401
    _, pair = await post("token", log_in)
    assert (await post("token/verify", {"token": pair["token"]}))[0] == 200
    assert (await post("token/verify", {"token": pair["refreshToken"]}))[0] == 401
    assert (await post("token/refresh", {"refreshToken": pair["refreshToken"]}))[0] == 200
    assert (await post("token/refresh", {"refreshToken": pair["refreshToken"]}))[0] == 401
    _, pair = await post("token", log_in)
    assert (await post("logout", {"refreshToken": pair["refreshToken"]}))[0] == 204
    assert (await post("resend", email))[0] == 202
    assert (await post("password/reset", email))[0] == 202
    code = await visitor.mailed_code()
    reset = {**email, "otpCode": code, "newPassword": SECOND}
    assert (await post("password/reset/confirm", {**reset, "otpCode": "no code"}))[0] == 400
    assert (await post("password/reset/confirm", reset))[0] == 200


async def misplace(visitor: Visitor, secret: str) -> None:
    """Sends a secret in places where it does not belong. The server refuses it and finds no fault in itself."""
    quoted, literal = quote(secret), json.dumps(secret)
    basic = base64.b64encode(f"ada:{secret}".encode()).decode()
    operations: list[Any] = [
        {"query": f'mutation {{ tokenAuth(username: "ada", password: {literal} '},
        {"query": f'mutation {{ tokenAuth(username: "ada", pasword: {literal}) {{ token }} }}'},
        {"query": f"{{ me {{ id }} }} {literal}"},
        {"query": f"{{ post(id: {literal}) {{ id }} }}"},
        {"query": f"mutation {{ revokeSession(id: {literal}) {{ success }} }}"},
        {"query": "{ me { id } }", "operationName": secret},
        {"query": LOG_IN, "variables": {"u": "ada", "p": [secret]}},
        {"query": LOG_IN, "variables": {"u": {secret: secret}, "p": 7}},
        {"query": LOG_IN, "variables": {"u": secret, "p": "x"}},
        {"query": LOG_IN, "variables": secret},
        {"query": VERIFY, "variables": {"e": secret, "c": secret}},
        {"query": RESET, "variables": {"e": "ada@example.com", "c": secret, "p": secret}},
        [secret],
        secret,
    ]
    bodies: list[Any] = [
        f'{{"username": "ada", "password": {literal}'.encode(),
        {"username": "ada", "password": [secret]},
        {"username": "ada", secret: "password"},
        {"username": secret, "password": "x"},
        [secret],
    ]
    requests: list[tuple[str, str, Any, dict[str, str]]] = [
        *(("POST", "/graphql", operation, {}) for operation in operations),
        *(("POST", "/api/auth/token", body, {}) for body in bodies),
        ("POST", f"/graphql?access_token={quoted}", {"query": "{ me { id } }"}, {}),
        ("GET", f"/graphql?query={quoted}", None, {}),
        ("GET", f"/api/users/me?token={quoted}", None, {}),
        ("GET", f"/nowhere?code={quoted}", None, {}),
        ("POST", "/api/auth/token", secret.encode(), {"Content-Type": "text/plain"}),
        ("GET", "/api/users/me", None, {"Authorization": f"Basic {basic}"}),
        ("GET", "/api/users/me", None, {"Authorization": f"Bearer {secret} {secret}"}),
        ("GET", "/api/users/me", None, {"Authorization": secret, "Cookie": f"session={quoted}"}),
    ]
    for method, path, body, headers in requests:
        status, _ = await visitor.send(method, path, body, **headers)
        assert status < 500, (method, path)
    await visitor.send_raw(f"GET / HTTP/1.1\r\nHost: here\r\n{secret} without a colon\r\n\r\n".encode())
    await visitor.send_raw(f"{secret}\r\n\r\n".encode())


def kept(database: Path) -> Iterator[tuple[str, str, str]]:
    """Table, column and text of every value in the database."""
    with closing(sqlite3.connect(database)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in rows.description]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    yield table, name, value.decode("latin-1") if isinstance(value, bytes) else str(value)


async def test_no_secret_reaches_the_log_the_activity_log_or_any_other_text_that_is_kept(tmp_path: Path) -> None:
    inbox = Inbox()
    database = tmp_path / "var" / "socialfeed.sqlite3"
    database.parent.mkdir()
    await migrate(f"sqlite:///{database}")
    async with serving(inbox) as port:
        server = Server(
            tmp_path,
            tmp_path / "server.log",
            log_level="debug",
            rate_limit="off",
            mail_url=f"smtp://127.0.0.1:{port}",
        )
        try:
            visitor = Visitor(await asyncio.to_thread(server.address), inbox)
            access_token, refresh_token = await live_over_graphql(visitor)
            await live_over_rest(visitor)
            for secret in (FIRST, access_token, refresh_token, max(visitor.codes)):
                await misplace(visitor, secret)
            for token in (access_token, refresh_token):
                assert (await visitor.send("GET", f"/api/users/{token}"))[0] == 404
                assert (await visitor.send("POST", f"/api/auth/token/verify/{token}"))[0] == 404
            await asyncio.to_thread(server.stop)
        finally:
            await asyncio.to_thread(server.end)

    said, values = server.said(), list(kept(database))
    plain = {FIRST, SECOND, THIRD, WRONG, TOO_SHORT, *visitor.tokens}
    assert len(visitor.tokens) >= 14
    assert len(inbox.mails()) >= 7

    assert re.search(r"socialfeed\.entrypoints\.http +GET /api/users/me 401 ", said)
    assert "POST /api/auth/token/verify/eyJhbGci... 404" in said
    assert not SHAPES.findall(said)
    assert visitor.codes.isdisjoint(CODE.findall(said))

    assert {"one_time_codes", "sessions", "activity", "inbox", "revocations"} <= {table for table, _, _ in values}
    assert {text for table, name, text in values if (table, name) == ("activity", "outcome")} == {"done", "refused"}
    for table, name, text in values:
        if (table, name) not in HASHES:
            assert not SHAPES.search(text), (table, name)
            assert visitor.codes.isdisjoint(CODE.findall(text)), (table, name)

    # What was deleted, too, and what is on its way to the database.
    for file in tmp_path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not [secret for secret in plain if secret.encode() in content], file.name
