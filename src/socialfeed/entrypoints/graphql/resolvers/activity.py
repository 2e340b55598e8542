"""The activity log."""

from typing import Any

from ariadne import EnumType, ObjectType, QueryType
from ariadne.types import SchemaBindable

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.application.views import ConnectionView, UserView
from socialfeed.domain.activity import NOBODY, Action, Activity, Outcome
from socialfeed.domain.errors import Invalid
from socialfeed.domain.ids import UserId, parse_any_id, parse_user_id
from socialfeed.entrypoints.graphql.context import Info

query = QueryType()
activity = ObjectType("Activity")
TYPES: list[SchemaBindable] = [query, activity, EnumType("Outcome", Outcome)]


@query.field("activityLog")
async def resolve_activity_log(
    _: Any, info: Info, *, first: int, after: str | None = None, filter: dict[str, Any] | None = None
) -> ConnectionView[Activity]:
    context = info.context
    return await context.services.activity.page(context.actor, _wanted(filter or {}), first=first, after=after)


@query.field("myActivity")
async def resolve_my_activity(_: Any, info: Info, *, first: int, after: str | None = None) -> ConnectionView[Activity]:
    context = info.context
    return await context.services.activity.own(context.actor, first=first, after=after)


@activity.field("actorId")
def resolve_actor_id(entry: Activity, _: Info) -> UserId | None:
    return None if entry.actor_id == NOBODY else entry.actor_id


@activity.field("actor")
async def resolve_actor(entry: Activity, info: Info) -> UserView | None:
    return None if entry.actor_id == NOBODY else await info.context.users.load(entry.actor_id)


@activity.field("details")
def resolve_details(entry: Activity, _: Info) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted(entry.details.items())]


def _wanted(given: dict[str, Any]) -> ActivityFilter:
    actor_id, action, object_id = given.get("actor_id"), given.get("action"), given.get("object_id")
    return ActivityFilter(
        actor_id=None if actor_id is None else parse_user_id(actor_id, "actor_id"),
        action=None if action is None else _action(action),
        outcome=given.get("outcome"),
        object_id=None if object_id is None else parse_any_id(object_id, "object_id"),
        since=given.get("since"),
        until=given.get("until"),
    )


def _action(name: str) -> Action:
    try:
        return Action(name)
    except ValueError:
        raise Invalid("Nobody can have done this.", code="UNKNOWN_ACTION", field="action") from None
