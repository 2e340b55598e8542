"""Sessions: one sign-in each, kept alive by a refresh token that changes at every use (RFC 9700, section 4.14)."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from socialfeed.domain.ids import SessionId, UserId

REFRESH_LIFE = timedelta(days=30)
"""How long an unused refresh token lives."""

SESSION_LIFE = timedelta(days=90)
"""How long a session lives at most, however often it is refreshed."""


@dataclass(frozen=True, slots=True)
class Session:
    """`generation` counts refreshes; a token of an earlier generation is a stolen or a copied one."""

    id: SessionId
    user_id: UserId
    token_hash: str = field(repr=False)
    generation: int
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str

    @classmethod
    def begin(
        cls, session_id: SessionId, user_id: UserId, token_hash: str, *, at: datetime, address: str, user_agent: str
    ) -> "Session":
        """`user_agent` is whatever the client sent: what cannot be printed becomes a space, the rest is cut off."""
        printable = "".join(character if character.isprintable() else " " for character in user_agent[:200])
        return cls(session_id, user_id, token_hash, 0, at, at, at + REFRESH_LIFE, address[:64], printable.strip())

    def is_live(self, at: datetime) -> bool:
        return at < self.expires_at

    def refreshed(self, token_hash: str, at: datetime) -> "Session":
        """With the next token; never beyond the session's whole life."""
        return replace(
            self,
            token_hash=token_hash,
            generation=self.generation + 1,
            used_at=at,
            expires_at=min(at + REFRESH_LIFE, self.created_at + SESSION_LIFE),
        )
