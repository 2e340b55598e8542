"""Verified tokens are remembered for speed; forgetting is always right, remembering too long never."""

from datetime import UTC, datetime, timedelta

from socialfeed.application.accounts.verified import Verified, VerifiedTokens
from socialfeed.application.ports.repositories import EVERYBODY
from socialfeed.domain.ids import SessionId, UserId

NOW = datetime(2026, 1, 5, tzinfo=UTC)
ADA, BOB = UserId(1), UserId(2)


def verified(user_id: UserId = ADA, *, minutes: int = 15) -> Verified:
    return Verified(user_id, SessionId(9), frozenset(), until=NOW + timedelta(minutes=minutes))


def test_a_token_is_known_until_it_expires() -> None:
    tokens = VerifiedTokens()
    tokens.put("t", verified(), tokens.mark)

    assert tokens.get("t", NOW) == verified()
    assert tokens.get("other", NOW) is None
    assert tokens.get("t", NOW + timedelta(minutes=15)) is None
    assert tokens.get("t", NOW) is None


def test_a_revocation_forgets_every_token_of_a_user_and_no_other() -> None:
    tokens = VerifiedTokens()
    for name, user_id in (("a1", ADA), ("a2", ADA), ("b", BOB)):
        tokens.put(name, verified(user_id), tokens.mark)

    tokens.revoke([ADA])

    assert [tokens.get(name, NOW) is not None for name in ("a1", "a2", "b")] == [False, False, True]


def test_a_revocation_of_everybody_forgets_every_token() -> None:
    tokens = VerifiedTokens()
    for name, user_id in (("a", ADA), ("b", BOB)):
        tokens.put(name, verified(user_id), tokens.mark)

    tokens.revoke([BOB, EVERYBODY])

    assert [tokens.get(name, NOW) for name in ("a", "b")] == [None, None]
    tokens.put("a", verified(), tokens.mark)
    assert tokens.get("a", NOW) == verified()


def test_an_answer_that_a_revocation_of_everybody_has_overtaken_is_not_kept() -> None:
    tokens = VerifiedTokens()
    mark = tokens.mark
    tokens.revoke([EVERYBODY])
    tokens.put("t", verified(), mark)

    assert tokens.get("t", NOW) is None


def test_a_token_is_asked_about_again_when_a_permission_ends_before_it() -> None:
    tokens = VerifiedTokens()
    tokens.put("t", verified(minutes=3), tokens.mark)
    just_before, then = (NOW + timedelta(minutes=3) - step for step in (timedelta(microseconds=1), timedelta()))

    assert tokens.get("t", just_before) is not None
    assert tokens.get("t", then) is None
    tokens.put("t", verified(), tokens.mark)
    assert tokens.get("t", then) == verified()


def test_an_answer_that_a_revocation_has_overtaken_is_not_kept() -> None:
    tokens = VerifiedTokens()
    mark = tokens.mark
    tokens.revoke([ADA])
    tokens.put("t", verified(), mark)

    assert tokens.get("t", NOW) is None


def test_nothing_is_known_after_a_clear_nor_put_from_before_it() -> None:
    tokens = VerifiedTokens()
    mark = tokens.mark
    tokens.put("t", verified(), mark)
    tokens.clear()
    tokens.put("u", verified(), mark)

    assert tokens.get("t", NOW) is tokens.get("u", NOW) is None


def test_no_more_than_the_bound_is_kept_and_the_oldest_goes_first() -> None:
    tokens = VerifiedTokens(kept=2)
    for name in ("a", "b", "c"):
        tokens.put(name, verified(), tokens.mark)

    assert [tokens.get(name, NOW) is not None for name in ("a", "b", "c")] == [False, True, True]
    tokens.put("c", verified(), tokens.mark)
    assert tokens.get("b", NOW) is not None
