"""What authors may forbid."""

from dataclasses import replace

import pytest

from socialfeed.domain.ids import UserId
from socialfeed.domain.policies import may_reply, may_share
from socialfeed.domain.post import ReplyPolicy, Visibility
from socialfeed.testing import Builder

FOLLOWED, MENTIONED, STRANGER = UserId(1), UserId(2), UserId(3)


@pytest.mark.parametrize(
    ("policy", "welcome"),
    [
        (ReplyPolicy.EVERYONE, {FOLLOWED, MENTIONED, STRANGER}),
        (ReplyPolicy.FOLLOWED, {FOLLOWED, MENTIONED}),
        (ReplyPolicy.MENTIONED, {MENTIONED}),
        (ReplyPolicy.NOBODY, set()),
    ],
)
def test_a_reply_policy_lets_in_whom_it_names_and_always_the_author(policy: ReplyPolicy, welcome: set[UserId]) -> None:
    make = Builder()
    post = replace(make.post(make.user()), reply_policy=policy, mentions=(MENTIONED,))
    people = {FOLLOWED, MENTIONED, STRANGER, post.author_id}
    let_in = {user for user in people if may_reply(post, user, author_follows=user == FOLLOWED)}
    assert let_in == welcome | {post.author_id}


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("is_private", [False, True])
def test_what_is_for_everybody_is_shared_by_everybody_and_all_else_by_its_author(
    visibility: Visibility, is_private: bool
) -> None:
    make = Builder()
    post = replace(make.post(make.user()), visibility=visibility, mentions=(MENTIONED,))
    for_all = visibility in (Visibility.PUBLIC, Visibility.UNLISTED) and not is_private
    assert may_share(post, post.author_id, author_is_private=is_private)
    for user in (FOLLOWED, MENTIONED, STRANGER):
        assert may_share(post, user, author_is_private=is_private) is for_all
