"""What people do with a post: like it, share it; and how that is counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from socialfeed.domain.ids import LikeId, PostId, ShareId, UserId, unix_ms


@dataclass(frozen=True, slots=True)
class Like:
    """At most one per user and post, under any concurrency."""

    id: LikeId
    post_id: PostId
    user_id: UserId
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """At most one per user and post."""

    id: ShareId
    post_id: PostId
    user_id: UserId
    created_at: datetime


ECHO = timedelta(days=1)
_ECHO_MS = ECHO // timedelta(milliseconds=1)


def is_echo(share_id: ShareId, post_id: PostId) -> bool:
    """Whether the post was shared so soon after it was written that those who find the post itself at home need not be
    told again.
    """
    return unix_ms(share_id) - unix_ms(post_id) < _ECHO_MS


class Counts(NamedTuple):
    """A post's counters. `version` is how many changes they count, so that an older copy never replaces a newer one."""

    likes: int = 0
    comments: int = 0
    shares: int = 0
    version: int = 0


class Engaged(NamedTuple):
    """What one viewer did with one post."""

    liked: bool = False
    shared: bool = False
    bookmarked: bool = False


class Reactions(NamedTuple):
    """What everybody did with a post, and what the viewer did."""

    counts: Counts = Counts()
    engaged: Engaged = Engaged()
