"""Users and whom they follow."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from socialfeed.application.views import UserView
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import parse_user_id
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
user = ObjectType("User")
TYPES = [query, mutation, user]


@query.field("user")
async def resolve_user(_: Any, info: Info, *, id: str | None = None, username: str | None = None) -> UserView | None:
    context = info.context
    graph = context.services.graph
    if id is not None and username is None:
        return await graph.profile(context.actor, parse_user_id(id, "id"))
    if username is not None and id is None:
        return await graph.profile_by_username(context.actor, username)
    raise Invalid("Give an id or a username, one of them.", code="INVALID_ARGUMENTS")


@user.field("postsCount")
async def resolve_posts_count(view: UserView, info: Info) -> int:
    return (await info.context.profile_counts.load(view.id)).posts


@user.field("followersCount")
async def resolve_followers_count(view: UserView, info: Info) -> int:
    return (await info.context.profile_counts.load(view.id)).followers


@user.field("followingCount")
async def resolve_following_count(view: UserView, info: Info) -> int:
    return (await info.context.profile_counts.load(view.id)).following


@user.field("isFollowed")
async def resolve_is_followed(view: UserView, info: Info) -> bool:
    return await info.context.followed.load(view.id)


@mutation.field("followUser")
@payload("Following.", user=None, is_following=False)
async def resolve_follow_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    context = info.context
    followee = await context.services.graph.follow(context.actor, parse_user_id(user_id, "user_id"))
    return {"user": followee, "is_following": True}


@mutation.field("unfollowUser")
@payload("No longer following.", user=None, is_following=False)
async def resolve_unfollow_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    context = info.context
    followee = await context.services.graph.unfollow(context.actor, parse_user_id(user_id, "user_id"))
    return {"user": followee, "is_following": False}
