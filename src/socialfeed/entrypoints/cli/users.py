"""`users`: looking at accounts, and at what they may do. What changes them is in `user_changes`."""

import json
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import click

from socialfeed.domain.permissions import GROUPS, OPERATOR
from socialfeed.domain.user import UserStatus
from socialfeed.entrypoints.cli import naming, runtime
from socialfeed.entrypoints.cli.moments import shown
from socialfeed.entrypoints.cli.user_changes import ban, grant, revoke, unban
from socialfeed.entrypoints.wire import rfc3339

if TYPE_CHECKING:
    from socialfeed.application.services import Services
    from socialfeed.application.views import AccessView, MemberView, SessionView
    from socialfeed.container import App

_PAGE = 100


@click.group(short_help="List accounts, ban them, and say what they may do.")
def users() -> None:
    """Accounts: who there is, who is banned, who may do what.

    LOGIN is a username or an e-mail address. Whoever runs these commands may do everything, to administrators too.
    Each of them leaves an entry in the activity log. Running servers obey a change within a second; what else follows
    from it waits in the database for them.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do

    \b
    Examples:
      socialfeed users list --status banned
      socialfeed users grant ada --role moderator
    """


@users.command("list", short_help="List accounts, the oldest first.")
@click.option("--status", type=click.Choice([status.value for status in UserStatus]), help="Only those in this state.")
@click.option("--role", metavar="ROLE", help="Only those with this role.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(min=1), metavar="N", help="At most so many."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_users(status: str | None, role: str | None, limit: int, as_json: bool) -> None:
    """List accounts, the oldest first: id, username, e-mail address, status, roles.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Examples:
      socialfeed users list --role moderator
      socialfeed users list --status banned --limit 1000 --json
    """

    async def work(app: "App") -> list["MemberView"]:
        if role is not None:
            await naming.role(app.services, role)
        return await _members(app.services, limit + 1, UserStatus(status) if status else None, role)

    found = runtime.operate(work)
    members = found[:limit]
    if as_json:
        for member in members:
            click.echo(json.dumps(_fields(member), ensure_ascii=False))
    else:
        _echo_table(members)
    if len(found) > limit:
        click.echo(f"… and more: --limit {limit * 10} shows more of them", err=True)


@users.command(short_help="Show an account, its roles, and what it may do.")
@click.argument("login")
def show(login: str) -> None:
    """Show an account, its roles and grants, and everything it may do by them at this moment.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Example:
      socialfeed users show ada@example.org
    """

    async def work(app: "App") -> tuple["MemberView", "AccessView"]:
        member = await naming.account(app.services, login)
        return member, await app.services.access.of(OPERATOR, member.user.id)

    member, access = runtime.operate(work)
    user = member.user
    click.echo(user.username)
    _echo_field("id", str(user.id))
    _echo_field("e-mail", user.email or "")
    _echo_field("name", f"{user.first_name} {user.last_name}".strip() or "not given")
    _echo_field("made", shown(user.created_at))
    _echo_field("status", _status(member))
    _echo_field("roles", ", ".join(access.roles) or "none")
    for held in access.grants:
        until = "for good" if held.expires_at is None else f"until {shown(held.expires_at)}"
        _echo_field("grant", f"{held.permission.value} {until}")
    if not access.permissions:
        _echo_field("may do", "nothing" if member.status == UserStatus.ACTIVE else f"nothing while {member.status}")
    for group, permissions in GROUPS.items():
        names = sorted(permission.value for permission in permissions.intersection(access.permissions))
        if names:
            _echo_field(group, f"{len(names)} of {len(permissions)}: {', '.join(names)}")


@users.command(short_help="List the sessions of an account, or end them.")
@click.argument("login")
@click.option("--end", is_flag=True, help="End them all.")
def sessions(login: str, end: bool) -> None:
    """List where an account is signed in, the last used first; with --end, sign it out everywhere.

    Running servers refuse the tokens of ended sessions within a second.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the accounts are  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Examples:
      socialfeed users sessions ada
      socialfeed users sessions ada --end
    """

    async def work(app: "App") -> tuple["MemberView", Sequence["SessionView"]]:
        find = naming.living_account if end else naming.account
        member = await find(app.services, login)
        live = await app.services.members.sessions(OPERATOR, member.user.id)
        if end:
            await app.services.members.end_sessions(OPERATOR, member.user.id)
        return member, live

    member, live = runtime.operate(work)
    for session in live:
        click.echo(
            f"{session.id}  {session.address or 'no address':<15}  began {shown(session.created_at)}, "
            f"used {shown(session.used_at)}, ends {shown(session.expires_at)}  {session.user_agent}".rstrip()
        )
    if end:
        click.echo(f"{member.user.username} is signed out everywhere.", err=True)
    elif not live:
        click.echo(f"{member.user.username} is signed in nowhere.", err=True)


for command in (ban, unban, grant, revoke):
    users.add_command(command)


async def _members(services: "Services", limit: int, status: UserStatus | None, role: str | None) -> list["MemberView"]:
    found: list[MemberView] = []
    while len(found) < limit:
        wanted = min(_PAGE, limit - len(found))
        after = found[-1].user.id if found else None
        page = await services.members.page(OPERATOR, first=wanted, after=after, status=status, role=role)
        found += page
        if len(page) < wanted:
            break
    return found


def _echo_table(members: Sequence["MemberView"]) -> None:
    rows = [
        (str(member.user.id), member.user.username, member.user.email or "-", member.status, ",".join(member.roles))
        for member in members
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _fields(member: "MemberView") -> dict[str, object]:
    return {
        "id": str(member.user.id),
        "username": member.user.username,
        "email": member.user.email,
        "status": member.status,
        "roles": list(member.roles),
        "createdAt": rfc3339(member.user.created_at),
        "eraseAt": None if member.erase_at is None else rfc3339(member.erase_at),
    }


def _status(member: "MemberView") -> str:
    match member.status:
        case UserStatus.UNVERIFIED:
            return "unverified: the address was never proven"
        case UserStatus.ERASED:
            return "erased: nothing personal is left of it"
    return member.status if member.erase_at is None else f"{member.status}, to be erased on {shown(member.erase_at)}"


def _echo_field(name: str, value: str) -> None:
    head = f"  {name:<15}  "
    click.echo(fill(value, 100, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False))
