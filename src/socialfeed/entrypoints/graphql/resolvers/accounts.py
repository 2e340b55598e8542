"""Identity."""

from typing import Any

from ariadne import MutationType, QueryType

from socialfeed.application.views import UserView
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

query = QueryType()
mutation = MutationType()
TYPES = [query, mutation]


@query.field("me")
async def resolve_me(_: Any, info: Info) -> UserView | None:
    context = info.context
    return await context.services.accounts.me(context.actor)


@mutation.field("registerUser")
@payload("Registered. We sent a code to your address.", user=None)
async def resolve_register_user(_: Any, info: Info, **values: str) -> dict[str, Any]:
    context = info.context
    return {"user": await context.services.accounts.register(context.actor, **values)}


@mutation.field("verifyEmailOtp")
@payload("Your address is verified. You can sign in now.", user=None)
async def resolve_verify_email_otp(_: Any, info: Info, *, email: str, otp_code: str) -> dict[str, Any]:
    context = info.context
    return {"user": await context.services.accounts.verify_email(context.actor, email=email, code=otp_code)}


@mutation.field("resendEmailOtp")
@payload("If this address waits for a code, a new one is on its way.")
async def resolve_resend_email_otp(_: Any, info: Info, *, email: str) -> dict[str, Any]:
    context = info.context
    await context.services.accounts.resend_code(context.actor, email=email)
    return {}


@mutation.field("tokenAuth")
@payload("Welcome.", token=None, expires_in=None, user=None)
async def resolve_token_auth(_: Any, info: Info, *, username: str, password: str) -> dict[str, Any]:
    context = info.context
    signed_in = await context.services.accounts.sign_in(context.actor, login=username, password=password)
    return {
        "token": signed_in.access.token,
        "expires_in": signed_in.access.expires_in,
        "user": signed_in.user,
    }
