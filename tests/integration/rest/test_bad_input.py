"""Whatever a client sends, it gets a problem document that says what is wrong, and nothing is half-written."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from socialfeed.application.accounts.service import Accounts
from socialfeed.domain.errors import Unavailable
from socialfeed.testing.client import Client, Response, open_client
from tests.integration.rest.calls import ADA, BODIES, get, post, problem

PATHS = sorted(BODIES)


@pytest.fixture
async def alone() -> AsyncIterator[Client]:
    """Nobody in particular, with everything in memory."""
    async with open_client() as client:
        yield client


async def send(client: Client, path: str, body: bytes, content_type: str = "application/json") -> Response:
    return await client.request("POST", f"/api{path}", body=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b" ", id="nothing"),
        pytest.param(b"{", id="broken JSON"),
        pytest.param(b"{} x", id="a tail"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"ada"', id="a string"),
        pytest.param(b'[{"email": "ada@example.com"}]', id="a list"),
        pytest.param(b'{"email": "\xff"}', id="not UTF-8"),
        pytest.param(b'{"email": "\\ud800"}', id="a lone surrogate"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="100,000 brackets deep"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="100,000 objects deep"),
    ],
)
async def test_a_body_that_is_no_json_object_is_a_400(alone: Client, path: str, body: bytes) -> None:
    assert problem(await send(alone, path, body)) == (400, "BAD_REQUEST", None)


@pytest.mark.parametrize("path", PATHS)
async def test_another_media_type_is_a_415(alone: Client, path: str) -> None:
    response = await send(alone, path, json.dumps(BODIES[path]).encode(), "text/plain")

    assert problem(response) == (415, "UNSUPPORTED_MEDIA_TYPE", None)


@pytest.mark.parametrize("path", PATHS)
async def test_a_body_of_30_megabytes_is_a_413(alone: Client, path: str) -> None:
    response = await send(alone, path, json.dumps({"email": "x" * 30_000_000}).encode())

    assert problem(response) == (413, "BODY_TOO_LARGE", None)


@pytest.mark.parametrize("path", PATHS)
async def test_an_unknown_field_is_refused_by_name_and_a_long_one_is_cut(alone: Client, path: str) -> None:
    response = await post(alone, path, BODIES[path] | {"isAdmin": True})
    long = await post(alone, path, BODIES[path] | {"x" * 10_000: 1})

    assert problem(response) == (422, "UNKNOWN_FIELD", "isAdmin")
    assert problem(long) == (422, "UNKNOWN_FIELD", "x" * 100)


@pytest.mark.parametrize(("path", "field"), [(path, field) for path in PATHS for field in BODIES[path]])
async def test_a_missing_field_and_a_value_of_another_type_are_refused_by_name(
    alone: Client, path: str, field: str
) -> None:
    without = {name: value for name, value in BODIES[path].items() if name != field}

    assert problem(await post(alone, path, without)) == (422, "MISSING_FIELD", field)
    for value in (7, True, None, ["a"], {"a": 1}):
        assert problem(await post(alone, path, without | {field: value})) == (422, "WRONG_TYPE", field)


@pytest.mark.parametrize("value", ["", "a\x00b", "é" * 10_000, "' OR 1=1"])
async def test_no_text_in_any_field_is_a_defect(client: Client, value: str) -> None:
    for path, body in BODIES.items():
        for field in body:
            response = await post(client, path, body | {field: value})

            if response.status >= 400:
                assert problem(response)[0] in {400, 401, 403, 409, 422}, (path, field)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("username", "ab", "INVALID_USERNAME"),
        ("username", "a" * 31, "INVALID_USERNAME"),
        ("username", "ünïcode", "INVALID_USERNAME"),
        ("username", "new\nline", "INVALID_USERNAME"),
        ("email", "nobody", "INVALID_EMAIL"),
        ("email", "a@b@c.example", "INVALID_EMAIL"),
        ("email", "a@example.com\r\nBcc: b@example.com", "INVALID_CHARACTER"),
        ("password", "short", "PASSWORD_TOO_SHORT"),
        ("password", "x" * 257, "PASSWORD_TOO_LONG"),
        ("password", "password", "PASSWORD_TOO_COMMON"),
        ("firstName", "x" * 51, "TOO_LONG"),
        ("bio", "\x07", "INVALID_CHARACTER"),
    ],
)
async def test_a_registration_that_breaks_a_rule_creates_nobody_and_mails_nothing(
    alone: Client, field: str, value: str, code: str
) -> None:
    response = await post(alone, "/auth/register", ADA | {field: value})
    await alone.settle()

    assert problem(response) == (422, code, field)
    assert alone.mails == []


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer " + "x" * 5_000, "\x01"])
@pytest.mark.parametrize("path", ["/users/me", "/users/ada"])
async def test_a_bad_authorization_header_is_a_401(alone: Client, path: str, header: str) -> None:
    response = await alone.request("GET", f"/api{path}", headers={"Authorization": header})

    assert problem(response) == (401, "INVALID_TOKEN", None)
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/nothing", "/auth", "/auth/token/", "/users", "/users/a/b", "/users/", "/../x"])
async def test_an_unknown_path_is_a_404(alone: Client, path: str) -> None:
    assert problem(await get(alone, path)) == (404, "NOT_FOUND", None)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/auth/token", {"POST"}),
        ("DELETE", "/users/me", {"GET", "HEAD", "PATCH"}),
        ("POST", "/users/ada", {"GET", "HEAD"}),
        ("PUT", "/openapi.json", {"GET", "HEAD"}),
        ("TRACE", "/auth/logout", {"POST"}),
    ],
)
async def test_a_method_that_is_not_offered_is_a_405_naming_those_that_are(
    alone: Client, method: str, path: str, allowed: set[str]
) -> None:
    response = await alone.request(method, f"/api{path}")

    assert problem(response) == (405, "METHOD_NOT_ALLOWED", None)
    assert set(response.headers["allow"].split(", ")) == allowed


async def test_one_try_too_many_is_a_429_that_says_how_long_to_wait() -> None:
    async with open_client(rate_limit=None, credential_rate="1/minute") as client:
        first = await post(client, "/auth/resend", {"email": "ada@example.com"})
        second = await post(client, "/auth/resend", {"email": "ada@example.com"})

    assert first.status == 202
    assert problem(second) == (429, "RATE_LIMITED", None)
    assert 1 <= int(second.headers["retry-after"]) <= 60
    assert second.json()["retryAfter"] == int(second.headers["retry-after"])


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unavailable("The database does not answer."), (503, "UNAVAILABLE", None)),
        (RuntimeError("secret: SELECT * FROM users"), (500, "INTERNAL", None)),
    ],
)
async def test_what_breaks_inside_is_told_without_a_word_of_it(
    alone: Client, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: tuple[int, str, str | None]
) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Accounts, "resend_code", broken)

    response = await post(alone, "/auth/resend", {"email": "ada@example.com"})

    assert problem(response) == expected
    assert b"SELECT" not in response.body
