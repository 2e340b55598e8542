"""Who follows whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import FollowId, UserId


@dataclass(frozen=True, slots=True)
class Follow:
    """At most one per follower and followee."""

    id: FollowId
    follower_id: UserId
    followee_id: UserId
    created_at: datetime

    @classmethod
    def start(cls, follow_id: FollowId, follower_id: UserId, followee_id: UserId, *, at: datetime) -> "Follow":
        if follower_id == followee_id:
            raise Invalid("You cannot follow yourself.", code="CANNOT_FOLLOW_SELF", field="user_id")
        return cls(follow_id, follower_id, followee_id, at)


class ProfileCounts(NamedTuple):
    posts: int = 0
    followers: int = 0
    following: int = 0
