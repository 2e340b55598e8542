"""Requests and answers of the REST front, in few words."""

from dataclasses import replace
from typing import Any

from socialfeed.testing.client import PASSWORD, Client, Response

ADA: dict[str, Any] = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}

BODIES: dict[str, dict[str, Any]] = {
    "/auth/register": ADA,
    "/auth/verify": {"email": "ada@example.com", "otpCode": "000000"},
    "/auth/resend": {"email": "ada@example.com"},
    "/auth/token": {"username": "ada", "password": PASSWORD},
    "/auth/token/refresh": {"refreshToken": "x"},
    "/auth/token/verify": {"token": "x"},
    "/auth/logout": {"refreshToken": "x"},
    "/auth/password/reset": {"email": "ada@example.com"},
    "/auth/password/reset/confirm": {"email": "ada@example.com", "otpCode": "000000", "newPassword": PASSWORD},
}
"""A body that fits, for each path that takes one."""


async def post(client: Client, path: str, body: Any = None) -> Response:
    return await client.request("POST", f"/api{path}", json=body)


async def get(client: Client, path: str) -> Response:
    return await client.request("GET", f"/api{path}")


async def done(client: Client, path: str, body: Any = None) -> Any:
    """The answer to a request that must succeed."""
    response = await post(client, path, body)
    assert response.status < 300, response.body
    assert response.headers["cache-control"] == "no-store"
    return response.json() if response.body else None


def problem(response: Response) -> tuple[int, str, str | None]:
    """Status, code and field of a refusal, which must be a problem document and hold nothing else."""
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert body["type"] == "about:blank"
    assert body["status"] == response.status
    assert body["requestId"] == response.headers["x-request-id"]
    assert body["title"]
    assert body["detail"]
    assert body.keys() <= {"type", "title", "status", "detail", "code", "requestId", "field", "retryAfter"}
    assert "Traceback" not in response.body.decode()
    assert ("www-authenticate" in response.headers) == (response.status == 401)
    return response.status, body["code"], body.get("field")


async def mailed_code(client: Client, address: str = "ada@example.com") -> str:
    await client.settle()
    return next(mail for mail in reversed(client.mails) if mail.to == address).subject.split()[0]


async def sign_up(client: Client) -> None:
    await done(client, "/auth/register", ADA)
    await done(client, "/auth/verify", {"email": "ada@example.com", "otpCode": await mailed_code(client)})


async def sign_in(client: Client, password: str = PASSWORD) -> tuple[Client, str]:
    """Ada with a session of her own, and its refresh token."""
    pair = await done(client, "/auth/token", {"username": "ada", "password": password})
    return replace(client, token=pair["token"], user_id=pair["user"]["id"]), pair["refreshToken"]
