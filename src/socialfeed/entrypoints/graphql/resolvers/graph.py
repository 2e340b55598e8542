"""Users and whom they follow."""

from collections.abc import Awaitable, Callable
from typing import Any

from ariadne import EnumType, MutationType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from socialfeed.application.views import ConnectionView, RelationshipView, UserView
from socialfeed.domain.errors import Invalid
from socialfeed.domain.graph import Priority
from socialfeed.domain.ids import UserId, parse_user_id
from socialfeed.domain.permissions import Actor
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
user = ObjectType("User")
TYPES: list[SchemaBindable] = [
    query,
    mutation,
    user,
    EnumType("FollowPriority", {priority.name: priority.name for priority in Priority}),
]


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
    relationship = await info.context.relationships.load(view.id)
    return relationship is not None and relationship.is_following


@user.field("relationship")
async def resolve_relationship_to(view: UserView, info: Info) -> RelationshipView | None:
    return await info.context.relationships.load(view.id)


@query.field("relationship")
async def resolve_relationship(_: Any, info: Info, *, user_id: str) -> RelationshipView:
    context = info.context
    return await context.services.graph.relationship(context.actor, parse_user_id(user_id, "user_id"))


@query.field("followers")
async def resolve_followers(
    _: Any, info: Info, *, user_id: str, first: int, after: str | None = None
) -> ConnectionView[UserView]:
    context = info.context
    whose = parse_user_id(user_id, "user_id")
    return await context.services.graph.followers(context.actor, whose, first=first, after=after)


@query.field("following")
async def resolve_following(
    _: Any, info: Info, *, user_id: str, first: int, after: str | None = None
) -> ConnectionView[UserView]:
    context = info.context
    whose = parse_user_id(user_id, "user_id")
    return await context.services.graph.following(context.actor, whose, first=first, after=after)


@query.field("followRequests")
async def resolve_follow_requests(
    _: Any, info: Info, *, first: int, after: str | None = None
) -> ConnectionView[UserView]:
    return await info.context.services.graph.requests(info.context.actor, first=first, after=after)


@query.field("suggestedUsers")
async def resolve_suggested_users(_: Any, info: Info, *, first: int) -> list[UserView]:
    return await info.context.services.graph.suggested(info.context.actor, first=first)


@mutation.field("followUser")
@payload("Following.", user=None, is_following=False, is_requested=False, relationship=None)
async def resolve_follow_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    graph, actor = info.context.services.graph, info.context.actor
    return await _follow(info, await graph.follow(actor, parse_user_id(user_id, "user_id")))


@mutation.field("unfollowUser")
@payload("No longer following.", user=None, is_following=False, is_requested=False, relationship=None)
async def resolve_unfollow_user(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    graph, actor = info.context.services.graph, info.context.actor
    return await _follow(info, await graph.unfollow(actor, parse_user_id(user_id, "user_id")))


@mutation.field("setFollowPriority")
@payload("Noted.", user=None, is_following=False, is_requested=False, relationship=None)
async def resolve_set_follow_priority(_: Any, info: Info, *, user_id: str, priority: str) -> dict[str, Any]:
    graph, actor = info.context.services.graph, info.context.actor
    whom = parse_user_id(user_id, "user_id")
    return await _follow(info, await graph.prioritize(actor, whom, Priority[priority]))


@mutation.field("approveFollow")
@payload("They follow you now.", user=None, is_following=False, is_requested=False, relationship=None)
async def resolve_approve_follow(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    graph, actor = info.context.services.graph, info.context.actor
    return await _follow(info, await graph.approve(actor, parse_user_id(user_id, "user_id")))


@mutation.field("rejectFollow")
@payload("The request is refused.", relationship=None)
async def resolve_reject_follow(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    return await relationship_after(info, user_id, info.context.services.graph.reject)


@mutation.field("removeFollower")
@payload("They do not follow you.", relationship=None)
async def resolve_remove_follower(_: Any, info: Info, *, user_id: str) -> dict[str, Any]:
    return await relationship_after(info, user_id, info.context.services.graph.remove_follower)


async def relationship_to(info: Info, user_id: UserId) -> RelationshipView | None:
    """As it is after this mutation, whatever another of the same operation loaded before."""
    return await info.context.relationships.clear(user_id).load(user_id)


async def relationship_after(
    info: Info, user_id: str, act: Callable[[Actor, UserId], Awaitable[object]]
) -> dict[str, Any]:
    """Does it, and says how the viewer stands to the user then."""
    whom = parse_user_id(user_id, "user_id")
    await act(info.context.actor, whom)
    return {"relationship": await relationship_to(info, whom)}


async def _follow(info: Info, other: UserView) -> dict[str, Any]:
    relationship = await relationship_to(info, other.id)
    return {
        "user": other,
        "is_following": relationship is not None and relationship.is_following,
        "is_requested": relationship is not None and relationship.is_requested,
        "relationship": relationship,
    }
