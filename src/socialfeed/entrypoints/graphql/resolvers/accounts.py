"""Identity."""

from typing import Any

from ariadne import MutationType, QueryType

from socialfeed.application.views import UserView
from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload
from socialfeed.entrypoints.graphql.resolvers.sessions import NO_TOKENS, tokens

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


@mutation.field("requestPasswordReset")
@payload("If this address has an account, a code is on its way.")
async def resolve_request_password_reset(_: Any, info: Info, *, email: str) -> dict[str, Any]:
    await info.context.services.accounts.request_password_reset(info.context.actor, email=email)
    return {}


@mutation.field("resetPassword")
@payload("Your password is new. Sign in with it.")
async def resolve_reset_password(_: Any, info: Info, *, email: str, otp_code: str, new_password: str) -> dict[str, Any]:
    accounts = info.context.services.accounts
    await accounts.reset_password(info.context.actor, email=email, code=otp_code, new_password=new_password)
    return {}


@mutation.field("changePassword")
@payload("Your password is new, and every other session has ended.", **NO_TOKENS)
async def resolve_change_password(_: Any, info: Info, *, current_password: str, new_password: str) -> dict[str, Any]:
    signed_in = await info.context.services.accounts.change_password(
        info.context.actor, current_password=current_password, new_password=new_password
    )
    return tokens(signed_in)
