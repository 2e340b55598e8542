"""Counters, moved by the transaction that moves what they count."""

from socialfeed.adapters.memory.database import Changes
from socialfeed.domain.engagement import Counts
from socialfeed.domain.errors import PostNotFound
from socialfeed.domain.graph import ProfileCounts
from socialfeed.domain.ids import PostId, UserId

NO_COUNTS = ProfileCounts()


def counts_of(changes: Changes, post_id: PostId) -> Counts:
    counts = changes.counts.get(post_id)
    if counts is None:
        raise PostNotFound
    return counts


def bump_post(changes: Changes, post_id: PostId, *, likes: int = 0, comments: int = 0, shares: int = 0) -> Counts:
    """The post's counters moved by so much. Raises `PostNotFound`."""
    old = counts_of(changes, post_id)
    new = Counts(old.likes + likes, old.comments + comments, old.shares + shares, old.version + 1)
    changes.counts.put(post_id, new)
    return new


def bump_profile(changes: Changes, user_id: UserId, *, posts: int = 0, followers: int = 0, following: int = 0) -> None:
    old = changes.profile_counts.get(user_id) or NO_COUNTS
    changes.profile_counts.put(
        user_id, ProfileCounts(old.posts + posts, old.followers + followers, old.following + following)
    )
