import json

import pytest

from socialfeed.domain import events
from socialfeed.domain.events import Engagement, Event, event_from
from socialfeed.domain.ids import (
    CommentId,
    FollowId,
    Kind,
    LikeId,
    MediaId,
    PostId,
    ShareId,
    UserId,
    kind_of,
    unix_ms,
)

EXAMPLES: list[tuple[Event, str, dict[str, int]]] = [
    (events.VerificationRequested(UserId(1)), "verification_requested", {"user_id": 1}),
    (events.PasswordResetRequested(UserId(1)), "password_reset_requested", {"user_id": 1}),
    (events.EmailChangeRequested(UserId(1)), "email_change_requested", {"user_id": 1}),
    (events.ProfileChanged(UserId(1)), "profile_changed", {"user_id": 1}),
    (events.PostPublished(PostId(2), UserId(1)), "post_published", {"post_id": 2, "author_id": 1}),
    (
        events.FanOutContinued(PostId(2), UserId(1), FollowId(5)),
        "fan_out_continued",
        {"post_id": 2, "author_id": 1, "before": 5},
    ),
    (events.PostChanged(PostId(2)), "post_changed", {"post_id": 2}),
    (
        events.PostLiked(PostId(2), UserId(1), 1_767_606_600_123, like_id=LikeId(7)),
        "post_liked",
        {"post_id": 2, "user_id": 1, "at_ms": 1_767_606_600_123, "sign": 1, "like_id": 7},
    ),
    (
        events.PostShared(PostId(2), UserId(1), 5, sign=-1, share_id=ShareId(8)),
        "post_shared",
        {"post_id": 2, "user_id": 1, "at_ms": 5, "sign": -1, "share_id": 8},
    ),
    (
        events.CommentAdded(PostId(2), UserId(1), 5, comment_id=CommentId(3)),
        "comment_added",
        {"post_id": 2, "user_id": 1, "at_ms": 5, "sign": 1, "comment_id": 3},
    ),
    (
        events.CommentLiked(CommentId(3), PostId(2), UserId(1), 5, sign=-1),
        "comment_liked",
        {"comment_id": 3, "post_id": 2, "user_id": 1, "at_ms": 5, "sign": -1},
    ),
    (events.MediaUploaded(MediaId(4)), "media_uploaded", {"media_id": 4}),
    (events.MediaRemoved(MediaId(4)), "media_removed", {"media_id": 4}),
    (events.UserFollowed(UserId(1), UserId(2)), "user_followed", {"follower_id": 1, "followee_id": 2}),
    (events.StandingChanged(UserId(1), UserId(2)), "standing_changed", {"one": 1, "other": 2}),
]


@pytest.mark.parametrize(("event", "name", "payload"), EXAMPLES)
def test_an_event_has_a_lasting_name_and_plain_fields(event: Event, name: str, payload: dict[str, int]) -> None:
    assert event.name == name
    assert event.payload() == payload


@pytest.mark.parametrize(("event", "name", "payload"), EXAMPLES)
def test_an_event_survives_being_stored_as_json(event: Event, name: str, payload: dict[str, int]) -> None:
    read = event_from(name, json.loads(json.dumps(event.payload())))
    assert read == event
    assert type(read) is type(event)


def test_every_event_is_among_the_examples() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)]
    assert {kind.name for kind in kinds if hasattr(kind, "name")} == {name for _, name, _ in EXAMPLES}


def test_an_event_stored_before_a_field_was_added_is_still_read() -> None:
    assert event_from("post_liked", {"post_id": 2, "user_id": 1, "at_ms": 5}) == events.PostLiked(
        PostId(2), UserId(1), 5, sign=1
    )


def test_a_field_of_a_later_version_is_left_out() -> None:
    assert event_from("user_followed", {"follower_id": 1, "followee_id": 2, "mood": "glad"}) == events.UserFollowed(
        UserId(1), UserId(2)
    )


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        event_from("nobody_knows", {})


def test_reactions_of_different_kinds_are_different_events() -> None:
    liked: Event = events.PostLiked(PostId(1), UserId(2), 3)
    shared: Event = events.PostShared(PostId(1), UserId(2), 3)
    assert isinstance(liked, Engagement)
    assert liked != shared


def test_a_reaction_is_known_by_its_id_or_by_its_kind_and_moment() -> None:
    at_ms, who = 1_767_606_600_123, (PostId(1), UserId(2))
    assert events.PostLiked(*who, at_ms, like_id=LikeId(7)).reaction_id == 7
    assert events.PostShared(*who, at_ms, share_id=ShareId(8)).reaction_id == 8
    assert events.CommentAdded(*who, at_ms, comment_id=CommentId(9)).reaction_id == 9
    before_ids_were_told: list[tuple[Engagement, Kind]] = [
        (events.PostLiked(*who, at_ms), Kind.LIKE),
        (events.PostShared(*who, at_ms), Kind.SHARE),
        (events.CommentAdded(*who, at_ms), Kind.COMMENT),
    ]
    for event, kind in before_ids_were_told:
        assert (kind_of(event.reaction_id), unix_ms(event.reaction_id)) == (kind, at_ms)
