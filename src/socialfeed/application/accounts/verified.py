"""Access tokens that were checked a moment ago: a look-up in place of two queries."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from socialfeed.application.ports.repositories import EVERYBODY
from socialfeed.domain.ids import SessionId, UserId
from socialfeed.domain.permissions import Permission

KEPT = 20_000
"""Tokens at most; the one checked longest ago goes first. About 10 MB."""


@dataclass(frozen=True, slots=True)
class Verified:
    """`until`: when the token expires, or a permission does."""

    user_id: UserId
    session_id: SessionId
    permissions: frozenset[Permission]
    until: datetime


class VerifiedTokens:
    """Bounded, for one process. Keeps digests, not tokens."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._by_digest: dict[bytes, Verified] = {}
        self._of_user: dict[UserId, set[bytes]] = {}
        self._revocations = 0

    @property
    def mark(self) -> int:
        """Taken before the database is asked: `put` refuses an answer that a revocation has overtaken since."""
        return self._revocations

    def get(self, token: str, at: datetime) -> Verified | None:
        digest = _digest(token)
        verified = self._by_digest.get(digest)
        if verified is not None and verified.until <= at:
            self._drop(digest)
            return None
        return verified

    def put(self, token: str, verified: Verified, mark: int) -> None:
        if mark != self._revocations:
            return
        digest = _digest(token)
        if digest not in self._by_digest and len(self._by_digest) >= self._kept:
            self._drop(next(iter(self._by_digest)))
        self._by_digest[digest] = verified
        self._of_user.setdefault(verified.user_id, set()).add(digest)

    def revoke(self, users: Iterable[UserId]) -> None:
        """Forgets what is known of these users; of all, where `EVERYBODY` is among them."""
        for user_id in users:
            if user_id == EVERYBODY:
                self.clear()
            self._revocations += 1
            for digest in list(self._of_user.get(user_id, ())):
                self._drop(digest)

    def clear(self) -> None:
        self._revocations += 1
        self._by_digest.clear()
        self._of_user.clear()

    def _drop(self, digest: bytes) -> None:
        verified = self._by_digest.pop(digest)
        digests = self._of_user[verified.user_id]
        digests.discard(digest)
        if not digests:
            del self._of_user[verified.user_id]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
