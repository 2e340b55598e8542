"""The commands of `users` that change accounts, or what they may do."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from socialfeed.domain.errors import Invalid
from socialfeed.domain.permissions import OPERATOR, Permission
from socialfeed.domain.user import UserStatus
from socialfeed.entrypoints.cli import naming, runtime
from socialfeed.entrypoints.cli.moments import moment, shown, span

if TYPE_CHECKING:
    from socialfeed.application.views import MemberView
    from socialfeed.container import App


@click.command(short_help="Ban an account and end its sessions.")
@click.argument("login")
@click.option("--reason", required=True, metavar="TEXT", help="For the activity log; at most 200 characters.")
def ban(login: str, reason: str) -> None:
    """Ban an account: nobody sees what it wrote, its sessions end, and it cannot sign in.

    Running servers refuse it within a second, without a restart. A ban is undone by unban.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do: it must forget the profile

    \b
    Example:
      socialfeed users ban mallory --reason "sells followers"
    """
    if not reason.strip():
        raise Invalid("Say why, please.", field="--reason")

    async def work(app: "App") -> str:
        member = await naming.living_account(app.services, login)
        await app.services.members.ban(OPERATOR, member.user.id, reason=reason)
        was = member.status == UserStatus.BANNED
        return f"{member.user.username} {'was banned already' if was else 'is banned and signed out everywhere'}."

    click.echo(runtime.operate(work))


@click.command(short_help="Undo a ban.")
@click.argument("login")
def unban(login: str) -> None:
    """Undo a ban: what the account wrote is visible again, and it may sign in.

    An account that was deleted by its owner before goes on waiting to be erased, unless the owner signs in.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do: it must forget the profile

    \b
    Example:
      socialfeed users unban mallory
    """

    async def work(app: "App") -> str:
        member = await naming.living_account(app.services, login)
        name = member.user.username
        if member.status != UserStatus.BANNED:
            return f"{name} is not banned but {member.status}."
        await app.services.members.unban(OPERATOR, member.user.id)
        if member.erase_at is not None:
            return f"{name} is not banned any more, but deleted: to be erased on {shown(member.erase_at)}."
        return f"{name} is not banned any more."

    click.echo(runtime.operate(work))


@click.command(short_help="Give an account a role or a single permission.")
@click.argument("login")
@click.option("--role", metavar="ROLE", help="user, moderator, admin or one of your own.")
@click.option("--permission", metavar="PERMISSION", help="One permission, such as user:ban, beyond the roles.")
@click.option("--until", type=moment, metavar="MOMENT", help="When the permission ends; UTC without an offset.")
@click.option("--for", "lasting", type=span, metavar="SPAN", help="How long it lasts: 30m, 12h, 7d, 2w.")
def grant(
    login: str, role: str | None, permission: str | None, until: datetime | None, lasting: timedelta | None
) -> None:
    """Give an account a role, or a single permission for good or for a time. Takes effect with the next request.

    A second grant of a permission replaces the first, with its end.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Examples:
      socialfeed users grant ada --role moderator
      socialfeed users grant ada --permission user:ban --for 7d
    """
    wanted = _wanted(role, permission)
    if until is not None and lasting is not None:
        raise click.UsageError("--until and --for say the same: give one of them.")
    if role is not None and (until is not None or lasting is not None):
        raise click.UsageError("A role has no end: --until and --for are for --permission.")

    async def work(app: "App") -> str:
        access = app.services.access
        if not isinstance(wanted, Permission):
            await naming.role(app.services, wanted)
        member = await naming.living_account(app.services, login)
        name, user_id = member.user.username, member.user.id
        if not isinstance(wanted, Permission):
            await access.assign_role(OPERATOR, user_id, role=wanted)
            return f"{name} has the role {wanted}{_when_active(member)}."
        end = app.clock.now() + lasting if lasting is not None else until
        try:
            await access.grant(OPERATOR, user_id, permission=wanted, expires_at=end)
        except Invalid as error:
            if error.field == "expires_at":
                error.field = "--until"
            raise
        return f"{name} may {wanted} {'for good' if end is None else f'until {shown(end)}'}{_when_active(member)}."

    click.echo(runtime.operate(work))


@click.command(short_help="Take a role or a single permission away.")
@click.argument("login")
@click.option("--role", metavar="ROLE", help="The role to take away.")
@click.option("--permission", metavar="PERMISSION", help="The granted permission to take away.")
def revoke(login: str, role: str | None, permission: str | None) -> None:
    """Take a role away, or a permission that was granted. Takes effect with the next request.

    What an account may do by a role it may still do when a grant of the same is gone.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Examples:
      socialfeed users revoke ada --role moderator
      socialfeed users revoke ada --permission user:ban
    """
    wanted = _wanted(role, permission)

    async def work(app: "App") -> str:
        access = app.services.access
        if not isinstance(wanted, Permission):
            await naming.role(app.services, wanted)
        member = await naming.living_account(app.services, login)
        name, user_id = member.user.username, member.user.id
        if not isinstance(wanted, Permission):
            await access.revoke_role(OPERATOR, user_id, role=wanted)
            return f"{name} {'no longer has' if wanted in member.roles else 'did not have'} the role {wanted}."
        before = {grant.permission for grant in (await access.of(OPERATOR, user_id)).grants}
        after = await access.revoke_grant(OPERATOR, user_id, permission=wanted)
        said = f"{name} {'no longer has' if wanted in before else 'did not have'} a grant of {wanted}"
        return f"{said}, but may still do it by a role." if wanted in after.permissions else f"{said}."

    click.echo(runtime.operate(work))


def _wanted(role: str | None, permission: str | None) -> str | Permission:
    """The name of the role, or the permission. Raises `UsageError` unless exactly one is given."""
    if role is not None and permission is None:
        return role
    if permission is not None and role is None:
        return naming.permission(permission)
    raise click.UsageError("Give either --role or --permission.")


def _when_active(member: "MemberView") -> str:
    return (
        "" if member.status == UserStatus.ACTIVE else f", but is {member.status}: it counts once the account is active"
    )
