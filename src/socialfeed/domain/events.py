"""What happened. Events carry ids and moments only: whoever reacts reads the state of the day.

An event is stored in the outbox in the transaction of what it tells; its name and fields are a wire format, so
fields are only ever added, with a default.
"""

from abc import abstractmethod
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from socialfeed.domain.ids import (
    CommentId,
    EntryId,
    EventId,
    FollowId,
    Kind,
    LikeId,
    MediaId,
    PostId,
    ShareId,
    UserId,
    compose,
)

_NO_COMMENT, _NO_LIKE, _NO_SHARE = CommentId(0), LikeId(0), ShareId(0)

NOBODY = UserId(0)
"""In an event about an account that does not exist: whoever asks for one that does must not be answered later."""


@dataclass(frozen=True, slots=True)
class Event:
    name: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class VerificationRequested(Event):
    """A user registered, or asked for another code."""

    name = "verification_requested"
    user_id: UserId


@dataclass(frozen=True, slots=True)
class PasswordResetRequested(Event):
    name = "password_reset_requested"
    user_id: UserId


@dataclass(frozen=True, slots=True)
class EmailChangeRequested(Event):
    name = "email_change_requested"
    user_id: UserId


@dataclass(frozen=True, slots=True)
class ProfileChanged(Event):
    """What others see of an account changed, or whether they see it at all."""

    name = "profile_changed"
    user_id: UserId


@dataclass(frozen=True, slots=True)
class PostPublished(Event):
    name = "post_published"
    post_id: PostId
    author_id: UserId


@dataclass(frozen=True, slots=True)
class FanOutContinued(Event):
    """The post, or the share, is in the timelines of those whose follows are not below `before`; the others are still
    to come. `author_id` wrote it, or shared.
    """

    name = "fan_out_continued"
    post_id: EntryId
    author_id: UserId
    before: FollowId


@dataclass(frozen=True, slots=True)
class PostChanged(Event):
    """It was edited, deleted or restored."""

    name = "post_changed"
    post_id: PostId


@dataclass(frozen=True, slots=True)
class Engagement(Event):
    """A reaction was added (`sign` 1) or taken back (-1). `at_ms` is when it was first made, in Unix milliseconds."""

    post_id: PostId
    user_id: UserId
    at_ms: int
    sign: int = 1

    @property
    @abstractmethod
    def reaction_id(self) -> int:
        """Of what was added. One of its kind and moment in events of before it was told, and for shares by quotes."""


@dataclass(frozen=True, slots=True)
class PostLiked(Engagement):
    name = "post_liked"
    like_id: LikeId = _NO_LIKE

    @property
    def reaction_id(self) -> int:
        return self.like_id or compose(self.at_ms, Kind.LIKE, 0, 0)


@dataclass(frozen=True, slots=True)
class PostShared(Engagement):
    name = "post_shared"
    share_id: ShareId = _NO_SHARE

    @property
    def reaction_id(self) -> int:
        return self.share_id or compose(self.at_ms, Kind.SHARE, 0, 0)


@dataclass(frozen=True, slots=True)
class CommentAdded(Engagement):
    name = "comment_added"
    comment_id: CommentId = _NO_COMMENT

    @property
    def reaction_id(self) -> int:
        return self.comment_id or compose(self.at_ms, Kind.COMMENT, 0, 0)


@dataclass(frozen=True, slots=True)
class CommentLiked(Event):
    """As an `Engagement` with the post, which it is none of: likes of comments move no post."""

    name = "comment_liked"
    comment_id: CommentId
    post_id: PostId
    user_id: UserId
    at_ms: int
    sign: int = 1


@dataclass(frozen=True, slots=True)
class UserFollowed(Event):
    name = "user_followed"
    follower_id: UserId
    followee_id: UserId


@dataclass(frozen=True, slots=True)
class StandingChanged(Event):
    """How two accounts stand to one another changed, or, where both are the same, what its owner wants to read."""

    name = "standing_changed"
    one: UserId
    other: UserId


@dataclass(frozen=True, slots=True)
class MediaUploaded(Event):
    """A file was stored and waits to be processed."""

    name = "media_uploaded"
    media_id: MediaId


@dataclass(frozen=True, slots=True)
class MediaRemoved(Event):
    """Its files are to be deleted."""

    name = "media_removed"
    media_id: MediaId


_TYPES: dict[str, type[Event]] = {
    kind.name: kind
    for kind in (
        VerificationRequested,
        PasswordResetRequested,
        EmailChangeRequested,
        ProfileChanged,
        PostPublished,
        FanOutContinued,
        PostChanged,
        PostLiked,
        PostShared,
        CommentAdded,
        CommentLiked,
        UserFollowed,
        StandingChanged,
        MediaUploaded,
        MediaRemoved,
    )
}


def event_from(name: str, payload: dict[str, Any]) -> Event:
    """The event of a stored name and payload. Raises `KeyError` for a name nobody knows. Fields nobody knows are left
    out: during a release, processes of the last version get events of the next.
    """
    kind = _TYPES[name]
    known = {field.name for field in fields(kind)}
    return kind(**{key: value for key, value in payload.items() if key in known})


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event with its identity, by which consumers tell a redelivery."""

    id: EventId
    event: Event
    at: datetime
