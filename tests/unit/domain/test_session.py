from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import given

from socialfeed.domain.ids import SessionId, UserId
from socialfeed.domain.session import REFRESH_LIFE, SESSION_LIFE, Session

START = datetime(2026, 1, 5, tzinfo=UTC)


def begun(user_agent: str = "") -> Session:
    return Session.begin(SessionId(1), UserId(2), "hash", at=START, address="192.0.2.1", user_agent=user_agent)


def test_a_session_lives_for_thirty_days_unless_it_is_used() -> None:
    assert begun().is_live(START + REFRESH_LIFE - timedelta(seconds=1))
    assert not begun().is_live(START + REFRESH_LIFE)


@given(st.lists(st.integers(0, 40), max_size=20))
def test_refreshing_prolongs_a_session_but_never_beyond_its_whole_life(days: list[int]) -> None:
    session, now = begun(), START
    for number, gap in enumerate(days, start=1):
        now += timedelta(days=gap)
        session = session.refreshed(f"hash {number}", now)
        assert session.generation == number
        assert session.expires_at == min(now + REFRESH_LIFE, START + SESSION_LIFE)
    assert not session.is_live(START + SESSION_LIFE)


@given(st.text())
def test_what_a_client_calls_itself_is_stored_as_printable_text_of_bounded_length(user_agent: str) -> None:
    stored = begun(user_agent).user_agent

    assert len(stored) <= 200
    assert stored.isprintable()
    stored.encode()
