"""Media."""

from typing import Any

from ariadne import MutationType, QueryType, ScalarType
from graphql import GraphQLError

from socialfeed.application.media.intake import Intake
from socialfeed.application.views import MediaView
from socialfeed.domain.ids import parse_media_id
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
upload = ScalarType("Upload")
TYPES = [query, mutation, upload]


@upload.value_parser
def parse_upload(value: Any) -> Intake:
    if not isinstance(value, Intake):
        raise GraphQLError("A file comes as a part of a form, not inside the operation.")
    return value


@query.field("media")
async def resolve_media(_: Any, info: Info, *, id: str) -> MediaView | None:
    media_id = parse_media_id(id, "id")
    return (await info.context.services.media.by_ids(info.context.actor, [media_id])).get(media_id)


@mutation.field("uploadMedia")
@payload("Received. It will be ready in a moment.", media=None)
async def resolve_upload_media(_: Any, info: Info, *, file: Intake, alt_text: str) -> dict[str, Any]:
    return {"media": await info.context.services.media.upload(info.context.actor, file, alt_text=alt_text)}


@mutation.field("updateMedia")
@payload("Saved.", media=None)
async def resolve_update_media(_: Any, info: Info, *, media_id: str, alt_text: str) -> dict[str, Any]:
    wanted = parse_media_id(media_id, "media_id")
    return {"media": await info.context.services.media.describe(info.context.actor, wanted, alt_text=alt_text)}


@mutation.field("deleteMedia")
@payload("Deleted.")
async def resolve_delete_media(_: Any, info: Info, *, media_id: str) -> dict[str, Any]:
    await info.context.services.media.delete(info.context.actor, parse_media_id(media_id, "media_id"))
    return {}
