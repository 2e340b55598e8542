"""Mutes, muted words and requests."""

from datetime import UTC, datetime, timedelta

import pytest

from socialfeed.domain.errors import Invalid
from socialfeed.domain.graph import (
    STRANGER,
    Block,
    Follow,
    FollowRequest,
    Mute,
    MutedWord,
    MuteOf,
    Relation,
    clean_phrase,
    mutes_text,
)
from socialfeed.domain.ids import FollowId, UserId

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ME, YOU = UserId(1), UserId(2)


def muted(phrase: str, content: str) -> bool:
    return mutes_text([MutedWord.mute(ME, phrase, at=NOW)], content, NOW)


@pytest.mark.parametrize(
    ("phrase", "content", "expected"),
    [
        ("art", "Modern ART, please", True),
        ("art", "party", False),
        ("art", "artist", False),
        ("art", "art", True),
        ("straße", "In der STRASSE", True),
        ("ＣＡＦＥ", "my cafe", True),
        ("two words", "Two\n  words", True),
        ("two words", "two other words", False),
        ("#berlin", "Hello #Berlin!", True),
        ("#berlin", "Hello Berlin", False),
        ("#berlin", "#berliner", False),
        ("berlin", "#berlin", True),
        ("東京", "私は東京に住んでいます", True),
        ("🎈", "red🎈balloon", True),
        ("c++", "I like C++.", True),
        ("a.c", "abc", False),
        ("(", "a (b", True),
    ],
)
def test_a_muted_word_matches_as_a_whole_and_without_case(phrase: str, content: str, expected: bool) -> None:
    if phrase == "(":
        with pytest.raises(Invalid, match="word"):
            muted(phrase, content)
    else:
        assert muted(phrase, content) is expected


def test_a_muted_word_is_over_when_its_time_is() -> None:
    word = MutedWord.mute(ME, "art", minutes=5, at=NOW)
    assert mutes_text([word], "art", NOW + timedelta(minutes=4))
    assert not mutes_text([word], "art", NOW + timedelta(minutes=5))
    assert not mutes_text([], "art", NOW)


@pytest.mark.parametrize("phrase", ["", "   ", "...", "x" * 101, "a\0b", "\ud800"])
def test_a_phrase_has_something_to_match(phrase: str) -> None:
    with pytest.raises(Invalid) as caught:
        clean_phrase(phrase)
    assert caught.value.field == "phrase"


def test_a_phrase_is_folded_and_its_spaces_are_one() -> None:
    assert clean_phrase("  Big \u00a0 NEWS ") == "big news"


@pytest.mark.parametrize("minutes", [0, -1, 366 * 24 * 60 + 1])
def test_a_mute_lasts_a_minute_to_a_year(minutes: int) -> None:
    for attempt in (
        lambda: Mute.start(ME, YOU, [MuteOf.POSTS], minutes=minutes, at=NOW),
        lambda: MutedWord.mute(ME, "art", minutes=minutes, at=NOW),
    ):
        with pytest.raises(Invalid) as caught:
            attempt()
        assert caught.value.code == "INVALID_DURATION"


def test_a_mute_of_several_kinds_is_one() -> None:
    mute = Mute.start(ME, YOU, [MuteOf.POSTS, MuteOf.SHARES, MuteOf.POSTS], minutes=60, at=NOW)
    assert mute.kinds == MuteOf.POSTS | MuteOf.SHARES
    assert mute.until == NOW + timedelta(hours=1)
    with pytest.raises(Invalid) as caught:
        Mute.start(ME, YOU, [], at=NOW)
    assert caught.value.code == "NOTHING_TO_MUTE"


def test_nobody_follows_blocks_or_mutes_themselves() -> None:
    for attempt, code in (
        (lambda: Follow.start(FollowId(1), ME, ME, at=NOW), "CANNOT_FOLLOW_SELF"),
        (lambda: Block.start(ME, ME, at=NOW), "CANNOT_BLOCK_SELF"),
        (lambda: Mute.start(ME, ME, [MuteOf.ALL], at=NOW), "CANNOT_MUTE_SELF"),
    ):
        with pytest.raises(Invalid) as caught:
            attempt()
        assert (caught.value.code, caught.value.field) == (code, "user_id")


def test_an_approved_request_begins_as_a_follow_when_it_is_approved() -> None:
    request = FollowRequest(FollowId(1), YOU, ME, NOW)
    follow = request.approved(FollowId(2), NOW + timedelta(days=1))
    assert follow == Follow(FollowId(2), YOU, ME, NOW + timedelta(days=1))


def test_nobody_is_suggested_to_whom_they_know_or_avoid() -> None:
    mute = Mute.start(ME, YOU, [MuteOf.SHARES], minutes=5, at=NOW)
    for relation in (
        Relation(following=True),
        Relation(requested=True),
        Relation(blocking=True),
        Relation(blocked_by=True),
        Relation(mute=mute),
    ):
        assert not relation.may_be_suggested(NOW)
    assert Relation(mute=mute).may_be_suggested(NOW + timedelta(minutes=5))
    assert Relation(followed_by=True, requested_by=True).may_be_suggested(NOW)
    assert STRANGER.may_be_suggested(NOW)
