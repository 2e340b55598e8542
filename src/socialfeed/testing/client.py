"""The whole product in a test, without sockets: requests go straight into the ASGI application.

async with open_client() as client:
    ada = await client.sign_up("ada")
    answer = await ada.graphql('mutation { createPost(content: "Hello") { post { id } success } }')
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.mail import Mail
from socialfeed.container import App, open_app
from socialfeed.entrypoints.http import create_app
from socialfeed.settings import Settings

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """A GraphQL response. `data` is {} where there is none."""

    status: int
    data: dict[str, Any]
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """`extensions.code` of each top-level error."""
        return [error["extensions"]["code"] for error in self.errors]


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who sends requests: nobody in particular without a token. `address` is where they seem to come from."""

    app: App
    asgi: ASGIApp
    token: str | None = None
    user_id: str | None = None
    address: str = "127.0.0.1"

    async def graphql(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, bytes] | None = None,
        **more: Any,
    ) -> Answer:
        """Runs an operation; `files` are sent as the variables of these names, and `more` goes into the request's body,
        such as `operationName`.
        """
        operation = {"query": query, "variables": {**(variables or {}), **dict.fromkeys(files or ())}, **more}
        if files:
            places = {name: [f"variables.{name}"] for name in files}
            fields = {"operations": json.dumps(operation), "map": json.dumps(places)}
            response = await self.form("/graphql", fields, files, {"graphql-preflight": "1"})
        else:
            response = await self.request("POST", "/graphql", json=operation)
        body = response.json()
        return Answer(response.status, body.get("data") or {}, body.get("errors", []))

    async def run(self, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The data of an operation that must succeed; an answer with errors is an `AssertionError`."""
        answer = await self.graphql(query, variables, **more)
        assert not answer.errors, answer.errors
        return answer.data

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One HTTP request. `json` is encoded; `body` is sent as it is, with a content type of the caller's."""
        sent = {"host": "testserver", **{name.lower(): value for name, value in (headers or {}).items()}}
        if json is not None:
            body = _json(json)
            sent.setdefault("content-type", "application/json")
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        return await _call(self.asgi, method, path, sent, body or b"", self.address)

    async def form(
        self, path: str, fields: Mapping[str, str], files: Mapping[str, bytes], headers: Mapping[str, str] | None = None
    ) -> Response:
        """Posts multipart/form-data, the fields before the files."""
        boundary = "socialfeed-form-boundary"
        named = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
        named += [(f'name="{name}"; filename="file"', content) for name, content in files.items()]
        parts = (
            f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode() + content + b"\r\n"
            for name, content in named
        )
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        sent = {"content-type": f"multipart/form-data; boundary={boundary}", **(headers or {})}
        return await self.request("POST", path, body=body, headers=sent)

    async def settle(self) -> None:
        """Runs every job that follows what was committed so far, and writes what was noted for the activity log."""
        await self.app.relay.drain()
        await self.app.notes.write()

    @property
    def mails(self) -> list[Mail]:
        """What was sent, oldest first; needs the memory mailer, which is the client's default."""
        sent: list[Mail] = getattr(self.app.mailer, "sent")  # noqa: B009 - not part of the port
        return sent

    async def sign_up(self, username: str, *, password: str = PASSWORD) -> "Client":
        """A verified user, signed in: registered, proven by the mailed code and logged in through the API."""
        address = f"{username.lower()}@example.com"
        await self.run(
            "mutation ($u: String!, $e: String!, $p: String!) {"
            " registerUser(username: $u, email: $e, password: $p) { success } }",
            {"u": username, "e": address, "p": password},
        )
        await self.settle()
        code = next(mail for mail in reversed(self.mails) if mail.to == address).subject.split()[0]
        await self.run(
            "mutation ($e: String!, $c: String!) { verifyEmailOtp(email: $e, otpCode: $c) { success } }",
            {"e": address, "c": code},
        )
        return await self.sign_in(username, password=password)

    async def sign_in(self, username: str, *, password: str = PASSWORD) -> "Client":
        data = await self.run(
            "mutation ($u: String!, $p: String!) {"
            " tokenAuth(username: $u, password: $p) { token user { id } message } }",
            {"u": username, "p": password},
        )
        signed_in = data["tokenAuth"]
        assert signed_in["token"], signed_in["message"]
        return Client(self.app, self.asgi, signed_in["token"], signed_in["user"]["id"], self.address)


@asynccontextmanager
async def open_client(*, clock: Clock | None = None, relay: bool = False, **settings: Any) -> AsyncIterator[Client]:
    """The product, open, and a client that is not signed in. Everything is in memory unless `settings` (the fields of
    `socialfeed.settings.Settings`) say otherwise; limits are off. Jobs run when `settle` is called, or by themselves
    with `relay`.
    """
    async with AsyncExitStack() as stack:
        defaults: dict[str, Any] = {
            "database_url": "memory://",
            "redis_url": "",
            "broker_url": "inprocess://",
            "mail_url": "memory://",
            "media_url": "memory://",
            "rate_limit": "off",
        }
        if "data_dir" not in settings:
            defaults["data_dir"] = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="socialfeed-")))
        chosen = Settings(**{**defaults, **settings})
        app = await stack.enter_async_context(open_app(chosen, relay=relay, clock=clock))

        @asynccontextmanager
        async def opened(_: Settings) -> AsyncIterator[App]:
            yield app

        asgi = create_app(chosen, opened)
        yield Client(app, await stack.enter_async_context(_alive(asgi)))


@asynccontextmanager
async def _alive(asgi: ASGIApp) -> AsyncIterator[ASGIApp]:
    """The application between the start and the end of its lifespan, with the lifespan's state in each request."""
    state: dict[str, Any] = {}
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
    task = asyncio.create_task(_run(asgi, scope, to_app, from_app))
    await to_app.put({"type": "lifespan.startup"})
    started = await from_app.get()
    if started["type"] != "lifespan.startup.complete":
        await task
        raise RuntimeError(started.get("message", "the application did not start"))

    async def with_state(scope: Scope, receive: Any, send: Any) -> None:
        await asgi({**scope, "state": dict(state)}, receive, send)

    try:
        yield with_state
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await from_app.get()
        await task


async def _run(asgi: ASGIApp, scope: Scope, to_app: Any, from_app: Any) -> None:
    await asgi(scope, to_app.get, from_app.put)


async def _call(
    asgi: ASGIApp, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
) -> Response:
    path, _, query = path.partition("?")
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": (address, 1),
        "server": ("testserver", 80),
    }
    incoming = [{"type": "http.request", "body": body, "more_body": False}]
    start: dict[str, Any] = {}
    chunks: list[bytes] = []
    answered = asyncio.Event()

    async def receive() -> Message:
        if incoming:
            return incoming.pop()
        await answered.wait()  # who asked stays for the whole answer: a stream ends when its reader leaves
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                answered.set()

    await asgi(scope, receive, send)
    names = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Response(start["status"], names, b"".join(chunks))


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
