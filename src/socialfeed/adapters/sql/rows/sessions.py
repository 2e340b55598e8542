"""Sessions."""

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.session import Session

SESSION = tuple(
    tables.sessions.c[name]
    for name in (
        "id",
        "user_id",
        "token_hash",
        "generation",
        "created_at",
        "used_at",
        "expires_at",
        "address",
        "user_agent",
    )
)


def session_from_row(row: Row) -> Session:
    id_, user_id, token_hash, generation, created_at, used_at, expires_at, address, user_agent = row
    return Session(
        id_,
        user_id,
        token_hash,
        generation,
        to_datetime(created_at),
        to_datetime(used_at),
        to_datetime(expires_at),
        address,
        user_agent,
    )


def session_values(session: Session) -> Values:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "token_hash": session.token_hash,
        "generation": session.generation,
        "created_at": session.created_at,
        "used_at": session.used_at,
        "expires_at": session.expires_at,
        "address": session.address,
        "user_agent": session.user_agent,
    }
