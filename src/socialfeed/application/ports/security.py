"""Secrets: hashing them, signing them."""

from datetime import datetime
from typing import NamedTuple, Protocol

from socialfeed.domain.ids import SessionId, UserId


class PasswordHasher(Protocol):
    """Runs off the event loop with bounded concurrency."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """With None (no such account) does the same work and returns False."""

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than `hash` uses now."""


class CodeHasher(Protocol):
    """Synchronous: six digits under a server-side key need no slow hash, only that the key is not in the database."""

    def new_code(self) -> str:
        """Six digits from a CSPRNG."""

    def hash(self, user_id: UserId, purpose: str, code: str) -> str:
        """Keyed, and bound to the user and to the purpose."""

    def matches(self, user_id: UserId, purpose: str, code: str, code_hash: str) -> bool:
        """In constant time."""


class AccessToken(NamedTuple):
    token: str
    expires_in: int
    """Seconds."""


class Claims(NamedTuple):
    """What a live access token says."""

    user_id: UserId
    session_id: SessionId
    expires_at: datetime


class Tokens(Protocol):
    """Access tokens: JWTs (RFC 7519, RFC 8725). Synchronous and local."""

    def issue(self, user_id: UserId, session_id: SessionId, at: datetime) -> AccessToken: ...

    def verify(self, token: str, at: datetime) -> Claims:
        """Raises `Unauthenticated` (INVALID_TOKEN or TOKEN_EXPIRED) for anything but a live token of ours."""


class RefreshToken(NamedTuple):
    """`token_hash` is what is stored."""

    token: str
    session_id: SessionId
    token_hash: str


class RefreshTokens(Protocol):
    """Refresh tokens: random, and signed, so that a token that was never ours is told from one that was used before
    and nobody can end a session with a guess. Synchronous and local.
    """

    def issue(self, session_id: SessionId) -> RefreshToken: ...

    def read(self, token: str) -> RefreshToken | None:
        """The token taken apart, or None unless its signature is ours."""


class CursorSeal(Protocol):
    """Makes cursors that tell nothing and cannot be made up. Synchronous and local."""

    def seal(self, listing: str, place: bytes) -> str:
        """The same for the same place of the same list. Letters, digits, `-` and `_` only."""

    def unseal(self, listing: str, cursor: str) -> bytes | None:
        """The place, or None for anything but a cursor of this list."""
