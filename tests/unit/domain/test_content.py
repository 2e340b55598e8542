"""Posts, comments, follows and who sees them."""

from dataclasses import replace
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from socialfeed.domain.comment import Comment
from socialfeed.domain.engagement import Counts, Engaged
from socialfeed.domain.errors import CommentNotFound, Invalid
from socialfeed.domain.graph import Follow, ProfileCounts
from socialfeed.domain.ids import UserId
from socialfeed.domain.post import (
    CONTENT_MAX,
    RESTORABLE,
    WARNING_MAX,
    Post,
    PostChanges,
    PostEdit,
    ReplyPolicy,
    Visibility,
)
from socialfeed.testing import Builder
from socialfeed.testing.clock import START


@pytest.fixture
def make() -> Builder:
    return Builder()


def test_a_post_is_cleaned_and_keeps_its_lines(make: Builder) -> None:
    post = Post.write(make.ids.post(), make.ids.user(), content="  One\r\ntwo  ", at=START)
    assert (post.content, post.image_url, post.created_at) == ("One\ntwo", None, START)


@pytest.mark.parametrize("length", [1, CONTENT_MAX])
def test_a_post_has_one_to_five_thousand_characters(make: Builder, length: int) -> None:
    assert len(Post.write(make.ids.post(), make.ids.user(), content="🎈" * length, at=START).content) == length


@pytest.mark.parametrize("content", ["", " \n ", "x" * (CONTENT_MAX + 1), "a\0b", "\ud800"])
def test_other_content_is_refused(make: Builder, content: str) -> None:
    user = make.user()
    for write in (
        lambda: Post.write(make.ids.post(), user.id, content=content, at=START),
        lambda: Comment.write(make.ids.comment(), user.id, make.ids.post(), content=content, at=START),
    ):
        with pytest.raises(Invalid) as refused:
            write()
        assert refused.value.field == "content"


def test_an_image_is_an_address_or_nothing(make: Builder) -> None:
    user = make.user()
    assert make.post(user, image_url="https://example.org/a.png").image_url == "https://example.org/a.png"
    assert make.post(user, image_url="").image_url is None
    with pytest.raises(Invalid) as refused:
        make.post(user, image_url="javascript:alert(1)")
    assert refused.value.field == "image_url"


@given(st.lists(st.integers(0, 20), max_size=20))
def test_a_reply_is_one_level_below_what_it_answers(answers: list[int]) -> None:
    make = Builder()
    user = make.user()
    post = make.post(user)
    thread = [make.comment(post, user)]
    for place in answers:
        parent = thread[place % len(thread)]
        reply = make.comment(post, user, parent=parent)
        assert (reply.depth, reply.parent_id, reply.post_id) == (parent.depth + 1, parent.id, post.id)
        thread.append(reply)
    assert (thread[0].depth, thread[0].parent_id) == (0, None)


def test_a_reply_stands_under_the_post_of_what_it_answers(make: Builder) -> None:
    user = make.user()
    elsewhere = make.comment(make.post(user), user)
    with pytest.raises(CommentNotFound) as refused:
        make.comment(make.post(user), user, parent=elsewhere)
    assert refused.value.field == "parent_id"


def test_nobody_follows_themselves(make: Builder) -> None:
    user = make.user()
    with pytest.raises(Invalid) as refused:
        make.follow(user, user)
    assert refused.value.code == "CANNOT_FOLLOW_SELF"


def test_a_follow_has_a_direction(make: Builder) -> None:
    ada, bob = make.user(), make.user()
    follow = Follow.start(make.ids.follow(), ada.id, bob.id, at=START)
    assert (follow.follower_id, follow.followee_id, follow.created_at) == (ada.id, bob.id, START)


def test_what_was_never_touched_counts_zero() -> None:
    assert Counts() == (0, 0, 0, 0)
    assert ProfileCounts() == (0, 0, 0)
    assert Engaged() == (False, False, False)


def test_a_post_lives_on_in_new_states(make: Builder) -> None:
    post = make.post(make.user(), image_url="https://example.org/a.png")
    later = START + RESTORABLE
    assert post.edited(at=later) is post
    assert post.edited(content=post.content, image_url=post.image_url, at=later) is post
    assert post.edited(has_other_media=True, at=later) == replace(post, edited_at=later)
    edited = post.edited(content=" Zoe\u0308 ", image_url="", at=later)
    assert (edited.content, edited.image_url, edited.edited_at) == ("Zoë", None, later)
    assert edited.id == post.id
    assert post.edited_at is None
    deleted = edited.deleted(post.author_id, later)
    assert deleted.is_deleted
    assert not deleted.is_taken_down
    assert edited.deleted(UserId(7), later).is_taken_down
    assert not edited.is_taken_down
    assert deleted.deleted(UserId(7), later + RESTORABLE) is deleted
    assert deleted.restored(later + RESTORABLE - timedelta(microseconds=1)) == edited
    with pytest.raises(Invalid) as refused:
        deleted.restored(later + RESTORABLE)
    assert refused.value.code == "TOO_LATE"
    assert post.restored(later + 2 * RESTORABLE) == post


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content": " "}, "content"),
        ({"content": "x" * (CONTENT_MAX + 1)}, "content"),
        ({"image_url": "x"}, "image_url"),
        ({"content_warning": "x" * (WARNING_MAX + 1)}, "content_warning"),
        ({"language": "german"}, "language"),
    ],
)
def test_a_refused_edit_names_the_field(make: Builder, changes: PostChanges, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        make.post(make.user()).edited(**changes, at=START)
    assert refused.value.field == field


def test_an_edit_that_says_nothing_else_is_not_marked_as_one(make: Builder) -> None:
    post = make.post(make.user())
    changed = post.edited(
        visibility=Visibility.MENTIONED, reply_policy=ReplyPolicy.NOBODY, sensitive=True, language="de", at=START
    )
    assert (changed.visibility, changed.reply_policy) == (Visibility.MENTIONED, ReplyPolicy.NOBODY)
    assert (changed.sensitive, changed.language) == (True, "de")
    assert changed.edited_at is None
    assert changed.edited(visibility=Visibility.PUBLIC, language="", at=START).language is None


def test_a_warning_makes_and_keeps_a_post_sensitive(make: Builder) -> None:
    post = make.post(make.user()).edited(content_warning=" Spiders ", at=START)
    assert (post.content_warning, post.sensitive, post.edited_at) == ("Spiders", True, START)
    assert post.edited(sensitive=False, at=START).sensitive
    without = post.edited(content_warning="", at=START)
    assert (without.content_warning, without.sensitive) == (None, True)
    assert not without.edited(sensitive=False, at=START).sensitive
    assert not post.edited(content_warning="", sensitive=False, at=START).sensitive


def test_tags_and_mentions_change_with_the_text_alone(make: Builder) -> None:
    post = Post.write(make.ids.post(), make.ids.user(), content="#a", tags=("a",), mentions=(UserId(7),), at=START)
    same = post.edited(content=" #a ", sensitive=True, tags=("b",), mentions=(), at=START)
    assert (same.tags, same.mentions) == (("a",), (UserId(7),))
    another = post.edited(content="#b", tags=("b",), mentions=(), at=START)
    assert (another.tags, another.mentions) == (("b",), ())


def test_the_history_has_what_a_post_said_and_since_when(make: Builder) -> None:
    post = make.post(make.user(), content="first").edited(content_warning="Spiders", at=START)
    assert post.as_said(2) == PostEdit(post.id, 2, "first", None, START, "Spiders")


def test_a_comment_is_hidden_once_but_more_firmly_by_others_than_the_posts_author(make: Builder) -> None:
    author, moderator = make.user().id, make.user().id
    comment = make.comment(make.post(make.user()), make.user())
    assert not comment.is_hidden
    by_author = comment.hidden(author, author, START)
    assert (by_author.is_hidden, by_author.is_hidden_by_other(author)) == (True, False)
    assert by_author.hidden(author, author, START) is by_author
    by_moderator = by_author.hidden(moderator, author, START)
    assert by_moderator == comment.hidden(moderator, author, START)
    assert by_moderator.is_hidden_by_other(author)
    for anybody in (author, moderator, make.user().id):
        assert by_moderator.hidden(anybody, author, START) is by_moderator
    assert by_author.unhidden() == by_moderator.unhidden() == comment
    assert by_author.deleted(START).is_hidden


def test_a_thread_is_locked_since_the_first_time(make: Builder) -> None:
    post = make.post(make.user())
    locked = post.locked(START)
    assert (post.is_locked, locked.is_locked, locked.locked_at) == (False, True, START)
    assert locked.locked(START + timedelta(days=1)) is locked
    assert locked.unlocked() == post.unlocked() == post
