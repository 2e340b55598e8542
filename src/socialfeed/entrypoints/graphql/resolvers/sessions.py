"""Sessions: signing in, refreshing, logging out."""

from collections.abc import Sequence
from typing import Any

from ariadne import MutationType, QueryType

from socialfeed.application.accounts.sessions import SignedIn
from socialfeed.application.views import SessionView
from socialfeed.domain.ids import parse_session_id
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
TYPES = [query, mutation]

NO_TOKENS = {"token": None, "refresh_token": None, "expires_in": None, "user": None}


def tokens(signed_in: SignedIn) -> dict[str, Any]:
    return {
        "token": signed_in.access.token,
        "refresh_token": signed_in.refresh_token,
        "expires_in": signed_in.access.expires_in,
        "user": signed_in.user,
    }


@query.field("sessions")
async def resolve_sessions(_: Any, info: Info) -> Sequence[SessionView]:
    return await info.context.services.sessions.own(info.context.actor)


@mutation.field("tokenAuth")
@payload("Welcome.", **NO_TOKENS)
async def resolve_token_auth(_: Any, info: Info, *, username: str, password: str) -> dict[str, Any]:
    context = info.context
    return tokens(await context.services.sessions.sign_in(context.actor, login=username, password=password))


@mutation.field("refreshToken")
@payload("Refreshed.", **NO_TOKENS)
async def resolve_refresh_token(_: Any, info: Info, *, refresh_token: str) -> dict[str, Any]:
    return tokens(await info.context.services.sessions.refresh(info.context.actor, refresh_token=refresh_token))


@mutation.field("revokeToken")
@payload("The session has ended.")
async def resolve_revoke_token(_: Any, info: Info, *, refresh_token: str) -> dict[str, Any]:
    await info.context.services.sessions.end(info.context.actor, refresh_token=refresh_token)
    return {}


@mutation.field("logout")
@payload("Goodbye.")
async def resolve_logout(_: Any, info: Info) -> dict[str, Any]:
    await info.context.services.sessions.log_out(info.context.actor)
    return {}


@mutation.field("logoutEverywhere")
@payload("Every session has ended.")
async def resolve_logout_everywhere(_: Any, info: Info) -> dict[str, Any]:
    await info.context.services.sessions.log_out_everywhere(info.context.actor)
    return {}


@mutation.field("revokeSession")
@payload("The session has ended.")
async def resolve_revoke_session(_: Any, info: Info, *, id: str) -> dict[str, Any]:
    await info.context.services.sessions.end_one(info.context.actor, parse_session_id(id, "id"))
    return {}
