"""Requests as bytes, straight into the application, and what must hold for each answer whatever was asked."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from socialfeed.entrypoints.codes import CODES
from socialfeed.testing.client import Client

Headers = Sequence[tuple[bytes, bytes]]

LEAKS = re.compile(
    r"""
      Traceback | File\ "/ | site-packages | \bline\ [0-9]+,\ in\b | 0x[0-9a-f]{8}
    | \b(?:Key|Value|Type|Attribute|Index|Runtime|Recursion|Assertion|Overflow|Unicode\w*|OS)Error\b
    | \b(?:Integrity|Operational|Programming|Data)Error\b
    | \b(?:psycopg|sqlalchemy|sqlite3|msgspec|starlette|pydantic|redis|graphql|socialfeed)\.\w
    | \b(?:SELECT|INSERT|UPDATE|DELETE)\ [a-z]
    """,
    re.VERBOSE,
)
"""What only an exception, a place in the code or a statement looks like."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request; its body in pieces. With `breaks_off` the client is gone before the end."""

    body: Sequence[bytes] = ()
    headers: Headers = ()
    method: str = "POST"
    path: bytes = b"/graphql"
    query: bytes = b""
    breaks_off: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """`status` is 0 where nothing was answered, as to a client that is gone."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def exchange(client: Client, sent: Sent) -> Answered:
    """Raises what the application raises."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": sent.path.decode("utf-8", "surrogateescape"),
        "raw_path": sent.path,
        "query_string": sent.query,
        "root_path": "",
        "headers": [(b"host", b"testserver"), *((name.lower(), value) for name, value in sent.headers)],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    coming: list[dict[str, Any]] = [{"type": "http.request", "body": piece, "more_body": True} for piece in sent.body]
    coming.append({"type": "http.disconnect" if sent.breaks_off else "http.request"})
    answered = asyncio.Event()
    status, headers, pieces = 0, list[tuple[bytes, bytes]](), list[bytes]()

    async def receive() -> Any:
        if coming:
            return coming.pop(0)
        await answered.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            headers.extend(message["headers"])
        else:
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                answered.set()

    await client.asgi(scope, receive, send)
    return Answered(status, headers, b"".join(pieces))


def check(sent: Sent, answer: Answered) -> None:
    """No answer is a failure of ours, and none shows how we are made."""
    if sent.breaks_off and answer.status == 0:
        return
    assert 200 <= answer.status < 500, (sent, answer)
    for name, value in answer.headers:
        assert re.fullmatch(rb"[a-zA-Z0-9-]+", name), (sent, name)
        assert re.fullmatch(rb"[\t\x20-\x7e\x80-\xff]*", value), (sent, value)
    kinds = dict(answer.headers)
    assert len([name for name, _ in answer.headers if name.lower() == b"x-request-id"]) == 1
    if b"json" not in kinds.get(b"content-type", b""):
        return
    text = answer.body.decode()
    assert not LEAKS.search(text), (sent, text)
    for error in codes(answer):
        assert error in CODES, (sent, text)
        assert error != "INTERNAL", (sent, text)


def codes(answer: Answered) -> list[str]:
    """Of the errors at the top; of a problem of REST, its own."""
    body = answer.json
    if "code" in body:
        return [body["code"]]
    return [error["extensions"]["code"] for error in body.get("errors", ())]
