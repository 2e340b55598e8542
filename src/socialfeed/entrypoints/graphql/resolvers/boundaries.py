"""Blocks, mutes, and words that the viewer does not want to read."""

from functools import partial
from typing import Any

from ariadne import EnumType, MutationType, QueryType
from ariadne.types import SchemaBindable

from socialfeed.application.views import ConnectionView, UserView
from socialfeed.domain.graph import MutedWord, MuteOf
from socialfeed.domain.visibility import Reason
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload
from socialfeed.entrypoints.graphql.resolvers.graph import relationship_after

query = QueryType()
mutation = MutationType()
TYPES: list[SchemaBindable] = [
    query,
    mutation,
    EnumType("MuteKind", {kind.name or "": kind.name for kind in MuteOf}),
    EnumType("LimitReason", {reason.name: reason for reason in Reason if reason.limits}),
]


@query.field("blockedUsers")
async def resolve_blocked_users(
    _: Any, info: Info, *, first: int, after: str | None = None
) -> ConnectionView[UserView]:
    return await info.context.services.boundaries.blocked(info.context.actor, first=first, after=after)


@query.field("mutedUsers")
async def resolve_muted_users(_: Any, info: Info, *, first: int, after: str | None = None) -> ConnectionView[UserView]:
    return await info.context.services.boundaries.muted(info.context.actor, first=first, after=after)


@query.field("mutedWords")
async def resolve_muted_words(_: Any, info: Info) -> list[MutedWord]:
    return await info.context.services.boundaries.muted_words(info.context.actor)


@mutation.field("blockUser")
@payload("Blocked.", relationship=None)
async def resolve_block_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    return await relationship_after(info, user_id, info.context.services.boundaries.block)


@mutation.field("unblockUser")
@payload("Not blocked.", relationship=None)
async def resolve_unblock_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    return await relationship_after(info, user_id, info.context.services.boundaries.unblock)


@mutation.field("muteUser")
@payload("Muted.", relationship=None)
async def resolve_mute_user(
    _: Any, info: Info, *, user_id: str, kinds: list[str], minutes: int | None = None
) -> dict[str, Any]:
    boundaries = info.context.services.boundaries
    mute = partial(boundaries.mute, kinds=[MuteOf[kind] for kind in kinds], minutes=minutes)
    return await relationship_after(info, user_id, mute)


@mutation.field("unmuteUser")
@payload("Not muted.", relationship=None)
async def resolve_unmute_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    return await relationship_after(info, user_id, info.context.services.boundaries.unmute)


@mutation.field("muteWord")
@payload("Muted.", word=None)
async def resolve_mute_word(_: Any, info: Info, *, phrase: str, minutes: int | None = None) -> dict[str, Any]:
    return {"word": await info.context.services.boundaries.mute_word(info.context.actor, phrase, minutes=minutes)}


@mutation.field("unmuteWord")
@payload("Not muted.")
async def resolve_unmute_word(_: Any, info: Info, *, phrase: str) -> dict[str, Any]:
    await info.context.services.boundaries.unmute_word(info.context.actor, phrase)
    return {}
