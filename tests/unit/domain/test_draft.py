"""Drafts."""

from datetime import datetime, timedelta

import pytest

from socialfeed.domain.draft import LATEST, SOONEST, Draft
from socialfeed.domain.errors import Invalid
from socialfeed.domain.post import CONTENT_MAX, Post, ReplyPolicy, Visibility
from socialfeed.testing import Builder
from socialfeed.testing.clock import START, FixedClock

TICK = timedelta(microseconds=1)


@pytest.fixture
def make() -> Builder:
    return Builder(FixedClock())


def test_a_post_is_planned_for_a_minute_to_a_year_ahead(make: Builder) -> None:
    draft = make.draft(make.user(), scheduled_at=START + SOONEST)
    assert not draft.is_due(START + SOONEST - TICK)
    assert draft.is_due(START + SOONEST)
    assert make.draft(make.user(), scheduled_at=START + LATEST).scheduled_at == START + LATEST


@pytest.mark.parametrize("moment", [START, START + SOONEST - TICK, START + LATEST + TICK, START - LATEST])
def test_other_moments_are_refused(make: Builder, moment: datetime) -> None:
    draft = make.draft(make.user())
    with pytest.raises(Invalid) as written:
        make.draft(make.user(), scheduled_at=moment)
    with pytest.raises(Invalid) as edited:
        draft.edited(scheduled_at=moment, at=START)
    for refused in (written, edited):
        assert (refused.value.code, refused.value.field) == ("INVALID_SCHEDULE", "scheduled_at")


def test_a_draft_may_be_empty_until_it_is_planned(make: Builder) -> None:
    user = make.user()
    empty = Draft.write(make.ids.draft(), user.id, content=" \n", at=START)
    assert empty.content == ""
    with pytest.raises(Invalid) as refused:
        Draft.write(make.ids.draft(), user.id, content="", scheduled_at=START + SOONEST, at=START)
    assert refused.value.code == "TOO_SHORT"
    with pytest.raises(Invalid) as refused:
        empty.edited(scheduled_at=START + SOONEST, at=START)
    assert refused.value.code == "TOO_SHORT"
    with pytest.raises(Invalid) as refused:
        Draft.write(make.ids.draft(), user.id, content="x" * (CONTENT_MAX + 1), at=START)
    assert refused.value.code == "TOO_LONG"


def test_what_is_left_out_of_an_edit_stays(make: Builder) -> None:
    draft = Draft.write(
        make.ids.draft(),
        make.user().id,
        content="Hello",
        image_url="https://example.org/a.png",
        visibility=Visibility.FOLLOWERS,
        reply_policy=ReplyPolicy.NOBODY,
        content_warning="Spiders",
        language="de",
        scheduled_at=START + SOONEST,
        at=START,
    )
    later = START + TICK
    same = draft.edited(at=later)
    assert (same.options, same.scheduled_at, same.updated_at) == (draft.options, draft.scheduled_at, later)
    assert same.sensitive
    bare = draft.edited(image_url="", content_warning="", language="", sensitive=False, is_planned=False, at=later)
    assert (bare.image_url, bare.content_warning, bare.language, bare.sensitive) == (None, None, None, False)
    assert bare.scheduled_at is None
    assert bare.visibility is Visibility.FOLLOWERS


def test_a_draft_that_failed_is_planned_again_by_another_moment_only(make: Builder) -> None:
    failed = make.draft(make.user(), scheduled_at=START + SOONEST).failed("FORBIDDEN")
    assert not failed.is_due(START + LATEST)
    edited = failed.edited(content="better", at=START + LATEST)
    assert (edited.failure, edited.scheduled_at) == (None, None)
    again = failed.edited(scheduled_at=START + 2 * SOONEST, at=START)
    assert (again.failure, again.scheduled_at) == (None, START + 2 * SOONEST)


def test_a_post_is_made_of_all_that_a_draft_says(make: Builder) -> None:
    draft = make.draft(make.user())
    post = Post.write(make.ids.post(), draft.author_id, **draft.options, at=START)
    assert {name: getattr(post, name) for name in draft.options} == draft.options
