"""Security 26: common passwords are refused wherever one is chosen, and told so."""

from collections.abc import AsyncIterator

import pytest

from socialfeed.testing.client import Client, open_client

REGISTER = (
    'mutation ($p: String!) { registerUser(username: "ada", email: "ada@example.com", password: $p)'
    " { success errors { code field } } }"
)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with open_client() as client:
        yield client


@pytest.mark.parametrize("password", ["password1", "PassWord1", "1234567890"])
async def test_security_26_a_common_password_opens_no_account(client: Client, password: str) -> None:
    data = await client.run(REGISTER, {"p": password})

    assert data["registerUser"] == {
        "success": False,
        "errors": [{"code": "PASSWORD_TOO_COMMON", "field": "password"}],
    }
    await client.settle()
    assert client.mails == []
