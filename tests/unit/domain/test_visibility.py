"""The visibility policy: who sees what, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from socialfeed.domain.graph import Mute, MutedWord, MuteOf, Relation
from socialfeed.domain.ids import PostId, UserId
from socialfeed.domain.post import Post, Visibility
from socialfeed.domain.visibility import (
    BLOCKED,
    BLOCKING,
    GONE,
    MUTED_AUTHOR,
    MUTED_WORD,
    PRIVATE,
    SHOWN,
    UNLISTED,
    Reason,
    Verdict,
    Viewpoint,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
AUTHOR, VIEWER = UserId(1), UserId(2)
POST = Post.write(PostId(11), AUTHOR, content="A walk along the Spree. #berlin", at=NOW)
MUTED = Relation(mute=Mute.start(VIEWER, AUTHOR, [MuteOf.POSTS], at=NOW))


def looking(relation: Relation = Relation(), *words: str) -> Viewpoint:  # noqa: B008 - a value
    return Viewpoint(VIEWER, NOW, {AUTHOR: relation}, tuple(MutedWord.mute(VIEWER, word, at=NOW) for word in words))


def verdict(viewpoint: Viewpoint, post: Post = POST, *, is_active: bool = True, is_private: bool = False) -> Verdict:
    return viewpoint.post(post, is_active=is_active, is_private=is_private)


NOBODY = Viewpoint(None, NOW)
HERSELF = Viewpoint(AUTHOR, NOW)
FOLLOWER = looking(Relation(following=True))


@pytest.mark.parametrize(
    ("visibility", "is_private", "nobody", "stranger", "follower", "mentioned"),
    [
        (Visibility.PUBLIC, False, SHOWN, SHOWN, SHOWN, SHOWN),
        (Visibility.PUBLIC, True, PRIVATE, PRIVATE, SHOWN, SHOWN),
        (Visibility.UNLISTED, False, UNLISTED, UNLISTED, SHOWN, UNLISTED),
        (Visibility.UNLISTED, True, PRIVATE, PRIVATE, SHOWN, UNLISTED),
        (Visibility.FOLLOWERS, False, PRIVATE, PRIVATE, SHOWN, SHOWN),
        (Visibility.FOLLOWERS, True, PRIVATE, PRIVATE, SHOWN, SHOWN),
        (Visibility.MENTIONED, False, PRIVATE, PRIVATE, PRIVATE, SHOWN),
        (Visibility.MENTIONED, True, PRIVATE, PRIVATE, PRIVATE, SHOWN),
    ],
)
def test_an_audience_is_who_is_shown_the_post(
    visibility: Visibility, is_private: bool, nobody: Verdict, stranger: Verdict, follower: Verdict, mentioned: Verdict
) -> None:
    post = replace(POST, visibility=visibility)
    naming = replace(post, mentions=(UserId(9), VIEWER))
    assert verdict(NOBODY, post, is_private=is_private) == nobody
    assert verdict(looking(), post, is_private=is_private) == stranger
    assert verdict(FOLLOWER, post, is_private=is_private) == follower
    assert verdict(looking(), naming, is_private=is_private) == mentioned
    assert verdict(HERSELF, post, is_private=is_private) == SHOWN


def test_only_public_posts_of_open_accounts_are_discovered() -> None:
    for visibility in Visibility:
        for is_private in (False, True):
            found = FOLLOWER.discovers(replace(POST, visibility=visibility), is_active=True, is_private=is_private)
            assert found is (visibility is Visibility.PUBLIC and not is_private)
    assert not looking(MUTED).discovers(POST, is_active=True, is_private=False)


def test_nobody_sees_what_is_deleted_and_only_its_author_what_an_inactive_account_wrote() -> None:
    deleted = POST.deleted(AUTHOR, NOW)
    for viewpoint in (NOBODY, looking(), FOLLOWER, HERSELF):
        assert verdict(viewpoint, deleted) == GONE
    for viewpoint in (NOBODY, looking(), FOLLOWER):
        assert verdict(viewpoint, is_active=False) == GONE
        assert viewpoint.account(AUTHOR, is_active=False) == GONE
        assert viewpoint.words(AUTHOR, "Hm.", is_active=False).is_hidden
        assert viewpoint.page(AUTHOR, is_active=False, is_private=False).is_hidden
    assert verdict(HERSELF, is_active=False) == SHOWN
    assert HERSELF.account(AUTHOR, is_active=False) == SHOWN


@pytest.mark.parametrize("relation", [Relation(blocking=True), Relation(blocked_by=True)])
def test_a_block_hides_in_both_directions_whatever_else_is_between_the_two(relation: Relation) -> None:
    viewpoint = looking(relation._replace(following=True, followed_by=True))
    naming = replace(POST, mentions=(VIEWER,))
    assert verdict(viewpoint) == BLOCKED
    assert verdict(viewpoint, naming) == BLOCKED
    assert viewpoint.words(AUTHOR, "Hm.", is_active=True).is_hidden
    assert viewpoint.page(AUTHOR, is_active=True, is_private=False).is_hidden


def test_who_blocks_can_look_up_the_account_and_who_is_blocked_cannot() -> None:
    assert looking(Relation(blocking=True)).account(AUTHOR, is_active=True) == BLOCKING
    assert looking(Relation(blocked_by=True)).account(AUTHOR, is_active=True) == BLOCKED
    assert looking(Relation(blocking=True, blocked_by=True)).account(AUTHOR, is_active=True) == BLOCKED


def test_a_muted_author_is_limited_until_the_mute_is_over() -> None:
    for_an_hour = Mute.start(VIEWER, AUTHOR, [MuteOf.POSTS], minutes=60, at=NOW)
    for minutes, expected in ((0, MUTED_AUTHOR), (59, MUTED_AUTHOR), (60, SHOWN)):
        later = Viewpoint(VIEWER, NOW + timedelta(minutes=minutes), {AUTHOR: Relation(mute=for_an_hour)})
        assert verdict(later) == expected
        assert later.words(AUTHOR, "Hm.", is_active=True) == expected
    assert looking(MUTED).account(AUTHOR, is_active=True) == SHOWN
    assert looking(MUTED).page(AUTHOR, is_active=True, is_private=False) == SHOWN


def test_a_mute_of_something_else_leaves_posts_alone() -> None:
    mute = Mute.start(VIEWER, AUTHOR, [MuteOf.SHARES, MuteOf.NOTIFICATIONS], at=NOW)
    assert verdict(looking(Relation(mute=mute))) == SHOWN


def test_a_muted_word_limits_posts_and_comments_of_others() -> None:
    viewpoint = looking(Relation(), "SPREE")
    assert verdict(viewpoint) == MUTED_WORD
    assert viewpoint.words(AUTHOR, "along the Spree", is_active=True) == MUTED_WORD
    own = replace(POST, author_id=VIEWER)
    assert verdict(viewpoint, own) == SHOWN
    assert verdict(viewpoint, replace(POST, content="Spreewald")) == SHOWN
    assert verdict(viewpoint, replace(POST, content="Hm.", content_warning="Spree")) == MUTED_WORD


def test_reasons_of_what_is_hidden_are_not_for_clients() -> None:
    hidden = {GONE.reason, BLOCKED.reason, PRIVATE.reason}
    limited = {MUTED_AUTHOR.reason, MUTED_WORD.reason, UNLISTED.reason}
    assert {reason for reason in Reason if reason.limits} == limited
    assert hidden.isdisjoint(limited)
