"""How accounts stand to one another: who follows, asks to follow, blocks and mutes whom; and words not to be read."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, IntFlag
from functools import lru_cache
from typing import NamedTuple

from socialfeed.domain import text
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import FollowId, UserId

FOLLOWED_MAX = 10_000
"""So many accounts anybody follows, about: what reads of a home feed and of lists are built for."""

MUTE_MAX = timedelta(days=366)
PHRASE_MAX = 100
MUTED_WORDS_MAX = 200


class Priority(IntEnum):
    """How much the follower cares, for ranked feeds. The chronological ones do not ask."""

    LOW = -1
    NORMAL = 0
    HIGH = 1


@dataclass(frozen=True, slots=True)
class Follow:
    """At most one per follower and followee."""

    id: FollowId
    follower_id: UserId
    followee_id: UserId
    created_at: datetime
    priority: Priority = Priority.NORMAL

    @classmethod
    def start(cls, follow_id: FollowId, follower_id: UserId, followee_id: UserId, *, at: datetime) -> "Follow":
        _check_other(follower_id, followee_id, "CANNOT_FOLLOW_SELF", "follow")
        return cls(follow_id, follower_id, followee_id, at)


@dataclass(frozen=True, slots=True)
class FollowRequest:
    """Somebody wants to follow a private account. At most one per pair; it ends as a follow, or as nothing."""

    id: FollowId
    requester_id: UserId
    target_id: UserId
    created_at: datetime

    def approved(self, follow_id: FollowId, at: datetime) -> Follow:
        """The follow that it becomes, with an id of its own: lists of follows are in the order in which they began."""
        return Follow(follow_id, self.requester_id, self.target_id, at)


@dataclass(frozen=True, slots=True)
class Block:
    """Neither sees the other. It ends follows and requests in both directions."""

    blocker_id: UserId
    blocked_id: UserId
    created_at: datetime

    @classmethod
    def start(cls, blocker_id: UserId, blocked_id: UserId, *, at: datetime) -> "Block":
        _check_other(blocker_id, blocked_id, "CANNOT_BLOCK_SELF", "block")
        return cls(blocker_id, blocked_id, at)


class MuteOf(IntFlag):
    """What of somebody a mute keeps away. The values are stored."""

    POSTS = 1
    SHARES = 2
    NOTIFICATIONS = 4

    ALL = POSTS | SHARES | NOTIFICATIONS


@dataclass(frozen=True, slots=True)
class Mute:
    """The muted never learns of it. Without `until` it lasts until it is taken back."""

    muter_id: UserId
    muted_id: UserId
    kinds: MuteOf
    created_at: datetime
    until: datetime | None = None

    @classmethod
    def start(
        cls, muter_id: UserId, muted_id: UserId, kinds: Iterable[MuteOf], *, minutes: int | None = None, at: datetime
    ) -> "Mute":
        """For 1 minute to 366 days, or for good. Raises `Invalid`."""
        _check_other(muter_id, muted_id, "CANNOT_MUTE_SELF", "mute")
        together = MuteOf(0)
        for kind in kinds:
            together |= kind
        if not together:
            raise Invalid("Name something to mute.", code="NOTHING_TO_MUTE", field="kinds")
        return cls(muter_id, muted_id, together, at, _until(minutes, at))

    def is_over(self, at: datetime) -> bool:
        return self.until is not None and at >= self.until


@dataclass(frozen=True, slots=True)
class MutedWord:
    """A word, a phrase, or a tag with its `#`, that the viewer does not want to read. `phrase` is folded: NFKC and
    without case.
    """

    user_id: UserId
    phrase: str
    created_at: datetime
    until: datetime | None = None

    @classmethod
    def mute(cls, user_id: UserId, phrase: str, *, minutes: int | None = None, at: datetime) -> "MutedWord":
        """1 to 100 characters, for 1 minute to 366 days or for good. Raises `Invalid`."""
        return cls(user_id, clean_phrase(phrase), at, _until(minutes, at))

    def is_over(self, at: datetime) -> bool:
        return self.until is not None and at >= self.until


def clean_phrase(phrase: str) -> str:
    """As a muted word is stored and compared. Raises `Invalid`."""
    cleaned = text.clean(phrase, "phrase", minimum=1, maximum=PHRASE_MAX)
    folded = " ".join(_folded(cleaned).split())
    if not any(character.isalnum() or _is_symbol(character) for character in folded):
        raise Invalid("A word, a phrase or a #tag, please.", code="INVALID_PHRASE", field="phrase")
    return folded


def mutes_text(words: Sequence[MutedWord], content: str, at: datetime) -> bool:
    """Whether one of the words stands in the text. A word matches as a whole, "art" is not in "party", but for scripts
    that are written without spaces.
    """
    live = [word for word in words if not word.is_over(at)]
    if not live:
        return False
    folded = _folded(content)
    return any(_pattern(word.phrase).search(folded) for word in live)


class Relation(NamedTuple):
    """How a viewer stands to another account. A relation is the viewer's: `following` says that the viewer follows."""

    following: bool = False
    followed_by: bool = False
    requested: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    mute: Mute | None = None
    priority: Priority = Priority.NORMAL

    def may_be_suggested(self, at: datetime) -> bool:
        """Whether to propose to the viewer to follow the account."""
        muted = self.mute is not None and not self.mute.is_over(at)
        return not (self.following or self.requested or self.blocking or self.blocked_by or muted)


STRANGER = Relation()


class ProfileCounts(NamedTuple):
    posts: int = 0
    followers: int = 0
    following: int = 0


def _check_other(user_id: UserId, other_id: UserId, code: str, verb: str) -> None:
    if user_id == other_id:
        raise Invalid(f"You cannot {verb} yourself.", code=code, field="user_id")


def _until(minutes: int | None, at: datetime) -> datetime | None:
    if minutes is None:
        return None
    if not 1 <= minutes <= MUTE_MAX // timedelta(minutes=1):
        raise Invalid("1 minute to 366 days, please.", code="INVALID_DURATION", field="minutes")
    return at + timedelta(minutes=minutes)


def _folded(value: str) -> str:
    return unicodedata.normalize("NFKC", value).casefold()


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character).startswith("S")


@lru_cache(maxsize=4_096)
def _pattern(phrase: str) -> re.Pattern[str]:
    """White space in the phrase stands for any; an end that is a letter or digit of a spaced script ends a word."""
    body = r"\s+".join(re.escape(part) for part in phrase.split())
    before = r"(?<!\w)" if _ends_a_word(phrase[0]) else ""
    after = r"(?!\w)" if _ends_a_word(phrase[-1]) else ""
    return re.compile(before + body + after)


_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO", "HANGUL")


def _ends_a_word(character: str) -> bool:
    return character.isalnum() and not unicodedata.name(character, "").startswith(_UNSPACED)
