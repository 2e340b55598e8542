"""What the owner of an account does with it."""

from typing import Any

from ariadne import MutationType

from socialfeed.entrypoints.graphql.context import Info
from socialfeed.entrypoints.graphql.errors import payload

mutation = MutationType()
TYPES = [mutation]


@mutation.field("updateProfile")
@payload("Saved.", user=None)
async def resolve_update_profile(_: Any, info: Info, **changes: Any) -> dict[str, Any]:
    # Null says as little as leaving the field out.
    return {"user": await info.context.services.own_account.update_profile(info.context.actor, **changes)}


@mutation.field("changeEmail")
@payload("We sent a code to the new address.")
async def resolve_change_email(_: Any, info: Info, *, new_email: str, current_password: str) -> dict[str, Any]:
    await info.context.services.own_account.change_email(
        info.context.actor, new_email=new_email, current_password=current_password
    )
    return {}


@mutation.field("confirmEmail")
@payload("This is your address now.", user=None)
async def resolve_confirm_email(_: Any, info: Info, *, otp_code: str) -> dict[str, Any]:
    return {"user": await info.context.services.own_account.confirm_email(info.context.actor, code=otp_code)}


@mutation.field("deactivateAccount")
@payload("Your account is hidden. Sign in to bring it back.")
async def resolve_deactivate_account(_: Any, info: Info, *, current_password: str) -> dict[str, Any]:
    await info.context.services.own_account.deactivate(info.context.actor, current_password=current_password)
    return {}


@mutation.field("deleteAccount")
@payload("Your account is hidden and will be erased. Sign in before to bring it back.", erase_at=None)
async def resolve_delete_account(_: Any, info: Info, *, current_password: str) -> dict[str, Any]:
    erase_at = await info.context.services.own_account.delete(info.context.actor, current_password=current_password)
    return {"erase_at": erase_at}
