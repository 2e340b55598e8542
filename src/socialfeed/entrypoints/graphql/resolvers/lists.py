"""Lists of accounts."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from socialfeed.application.views import ConnectionView, PostView, UserView
from socialfeed.domain.ids import parse_list_id, parse_user_id
from socialfeed.domain.user_list import UserList
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload
from socialfeed.entrypoints.graphql.feed_notes import noted_feed

query = QueryType()
mutation = MutationType()
user_list = ObjectType("List")
TYPES = [query, mutation, user_list]


@query.field("lists")
async def resolve_lists(
    _: Any, info: Info, *, first: int, after: str | None = None, member_id: str | None = None
) -> ConnectionView[UserList]:
    context = info.context
    member = None if member_id is None else parse_user_id(member_id, "member_id")
    return await context.services.lists.page(context.actor, member_id=member, first=first, after=after)


@query.field("list")
async def resolve_list(_: Any, info: Info, *, id: str) -> UserList | None:
    return await info.context.services.lists.find(info.context.actor, parse_list_id(id, "id"))


@query.field("listFeed")
@noted_feed
async def resolve_list_feed(
    _: Any, info: Info, *, list_id: str, first: int, after: str | None = None
) -> ConnectionView[PostView]:
    context, found = info.context, parse_list_id(list_id, "list_id")
    return await context.services.list_feeds.page(context.actor, found, first=first, after=after)


@user_list.field("members")
async def resolve_members(
    found: UserList, info: Info, *, first: int, after: str | None = None
) -> ConnectionView[UserView]:
    return await info.context.members(first, after).load(found.id)


@user_list.field("membersCount")
async def resolve_members_count(found: UserList, info: Info) -> int:
    return await info.context.member_counts.load(found.id)


@mutation.field("createList")
@payload("Made.", list=None)
async def resolve_create_list(_: Any, info: Info, *, name: str) -> dict[str, Any]:
    return {"list": await info.context.services.lists.create(info.context.actor, name)}


@mutation.field("updateList")
@payload("Renamed.", list=None)
async def resolve_update_list(_: Any, info: Info, *, id: str, name: str) -> dict[str, Any]:
    return {"list": await info.context.services.lists.rename(info.context.actor, parse_list_id(id, "id"), name)}


@mutation.field("deleteList")
@payload("Deleted.")
async def resolve_delete_list(_: Any, info: Info, *, id: str) -> dict[str, Any]:
    await info.context.services.lists.delete(info.context.actor, parse_list_id(id, "id"))
    return {}


@mutation.field("addToList")
@payload("On the list.", list=None)
async def resolve_add_to_list(_: Any, info: Info, *, list_id: str, user_id: str) -> dict[str, Any]:
    where, whom = parse_list_id(list_id, "list_id"), parse_user_id(user_id, "user_id")
    found = await info.context.services.lists.add(info.context.actor, where, whom)
    info.context.forget_members(where)
    return {"list": found}


@mutation.field("removeFromList")
@payload("Not on the list.", list=None)
async def resolve_remove_from_list(_: Any, info: Info, *, list_id: str, user_id: str) -> dict[str, Any]:
    where, whom = parse_list_id(list_id, "list_id"), parse_user_id(user_id, "user_id")
    found = await info.context.services.lists.remove(info.context.actor, where, whom)
    info.context.forget_members(where)
    return {"list": found}
