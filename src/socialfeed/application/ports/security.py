"""Secrets: hashing them, signing them."""

from datetime import datetime
from typing import NamedTuple, Protocol

from socialfeed.domain.ids import UserId


class PasswordHasher(Protocol):
    """Runs off the event loop with bounded concurrency."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """With None (no such account) does the same work and returns False."""


class CodeHasher(Protocol):
    """Synchronous: six digits under a server-side key need no slow hash, only that the key is not in the database."""

    def new_code(self) -> str:
        """Six digits from a CSPRNG."""

    def hash(self, user_id: UserId, code: str) -> str:
        """Keyed, and bound to the user."""

    def matches(self, user_id: UserId, code: str, code_hash: str) -> bool:
        """In constant time."""


class AccessToken(NamedTuple):
    token: str
    expires_in: int
    """Seconds."""


class Tokens(Protocol):
    """Access tokens: JWTs (RFC 7519, RFC 8725). Synchronous and local."""

    def issue(self, user_id: UserId, at: datetime) -> AccessToken: ...

    def verify(self, token: str, at: datetime) -> UserId:
        """Raises `Unauthenticated` (INVALID_TOKEN or TOKEN_EXPIRED) for anything but a live token of ours."""
