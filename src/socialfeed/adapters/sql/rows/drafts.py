"""Drafts."""

import json

from socialfeed.adapters.sql import tables
from socialfeed.adapters.sql.columns import to_datetime
from socialfeed.adapters.sql.rows import Row, Values
from socialfeed.domain.draft import Draft
from socialfeed.domain.post import ReplyPolicy, Visibility

_d = tables.drafts.c

DRAFT = (
    _d.id,
    _d.author_id,
    _d.content,
    _d.image_url,
    _d.visibility,
    _d.reply_policy,
    _d.sensitive,
    _d.content_warning,
    _d.language,
    _d.created_at,
    _d.updated_at,
    _d.scheduled_at,
    _d.failure,
    _d.media_ids,
)


def draft_from_row(row: Row) -> Draft:
    id_, author_id, content, image_url, visibility, reply_policy, sensitive, warning, language, *more = row
    created_at, updated_at, scheduled_at, failure, media_ids = more
    return Draft(
        id_,
        author_id,
        content,
        image_url,
        Visibility(visibility),
        ReplyPolicy(reply_policy),
        bool(sensitive),
        warning,
        language,
        to_datetime(created_at),
        to_datetime(updated_at),
        None if scheduled_at is None else to_datetime(scheduled_at),
        failure,
        tuple(json.loads(media_ids)),
    )


def draft_values(draft: Draft) -> Values:
    return {
        "id": draft.id,
        "author_id": draft.author_id,
        "content": draft.content,
        "image_url": draft.image_url,
        "visibility": draft.visibility.value,
        "reply_policy": draft.reply_policy.value,
        "sensitive": draft.sensitive,
        "content_warning": draft.content_warning,
        "language": draft.language,
        "created_at": draft.created_at,
        "updated_at": draft.updated_at,
        "scheduled_at": draft.scheduled_at,
        "failure": draft.failure,
        "media_ids": json.dumps(draft.media_ids),
    }
