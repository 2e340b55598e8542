"""Drafts, and posts that are planned."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from ariadne import MutationType, ObjectType, QueryType

from socialfeed.application.views import ConnectionView, MediaView
from socialfeed.domain.draft import Draft
from socialfeed.domain.ids import parse_draft_id, parse_media_ids
from socialfeed.domain.post import PostChanges, PostOptions
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
draft = ObjectType("Draft")
draft.set_alias("image", "image_url")
TYPES = [query, mutation, draft]


@query.field("drafts")
async def resolve_drafts(
    _: Any, info: Info, *, first: int, after: str | None = None, scheduled: bool | None = None
) -> ConnectionView[Draft]:
    context = info.context
    return await context.services.drafts.page(context.actor, scheduled=scheduled, first=first, after=after)


@draft.field("media")
async def resolve_draft_media(planned: Draft, info: Info) -> list[MediaView]:
    """Those that are still there."""
    found = await asyncio.gather(*map(info.context.media.load, planned.media_ids))
    return [media for media in found if media is not None]


@mutation.field("createDraft")
@payload("Saved.", draft=None)
async def resolve_create_draft(
    _: Any,
    info: Info,
    *,
    media_ids: Sequence[str],
    scheduled_at: datetime | None = None,
    **options: Unpack[PostOptions],
) -> dict[str, Any]:
    context, media = info.context, parse_media_ids(media_ids, "media_ids")
    return {
        "draft": await context.services.drafts.create(
            context.actor, media_ids=media, scheduled_at=scheduled_at, **options
        )
    }


@mutation.field("updateDraft")
@payload("Saved.", draft=None)
async def resolve_update_draft(
    _: Any,
    info: Info,
    *,
    draft_id: str,
    unschedule: bool,
    media_ids: Sequence[str] | None = None,
    scheduled_at: datetime | None = None,
    **changes: Unpack[PostChanges],
) -> dict[str, Any]:
    context, wanted = info.context, parse_draft_id(draft_id, "draft_id")
    media = None if media_ids is None else parse_media_ids(media_ids, "media_ids")
    return {
        "draft": await context.services.drafts.update(
            context.actor, wanted, media_ids=media, scheduled_at=scheduled_at, is_planned=not unschedule, **changes
        )
    }


@mutation.field("deleteDraft")
@payload("Deleted.")
async def resolve_delete_draft(_: Any, info: Info, *, draft_id: str) -> dict[str, Any]:
    await info.context.services.drafts.delete(info.context.actor, parse_draft_id(draft_id, "draft_id"))
    return {}


@mutation.field("publishDraft")
@payload("Published.", post=None)
async def resolve_publish_draft(_: Any, info: Info, *, draft_id: str) -> dict[str, Any]:
    return {
        "post": await info.context.services.drafts.publish(info.context.actor, parse_draft_id(draft_id, "draft_id"))
    }
