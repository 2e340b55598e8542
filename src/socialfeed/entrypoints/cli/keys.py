"""`keys`: what signs access tokens, and its rotation."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from socialfeed.entrypoints.cli.moments import shown

_file: Callable[[Any], Any] = click.option(
    "--file",
    "path",
    envvar="SOCIALFEED_SIGNING_KEYS",
    show_envvar=True,
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of the keys.",
)


@click.group(short_help="Make, list and retire the keys that sign access tokens.")
def keys() -> None:
    """Keys (Ed25519) that sign access tokens, in the file that SOCIALFEED_SIGNING_KEYS names.

    Without that file tokens are signed by HS256 under SOCIALFEED_SECRET_KEY, and there is nothing to rotate here.
    The public halves are served at /.well-known/jwks.json. No command shows a private key.

    \b
    Settings:
      SOCIALFEED_SIGNING_KEYS  the file, unless --file is given

    \b
    Examples:
      socialfeed keys rotate --file var/signing-keys.json
      SOCIALFEED_SIGNING_KEYS=var/signing-keys.json socialfeed keys list
    """


@keys.command(short_help="Make a key that takes over in two minutes.")
@_file
def rotate(path: Path) -> None:
    """Make a key that takes over, and remove those that are retired.

    Running processes read the file within a second, so nothing is restarted and nobody is signed out: the new key is
    published and accepted at once and signs after two minutes; the old one is accepted until its last token has
    expired, 17 minutes later. The first key of a file signs at once. Only the owner of the file may read it.

    After a leak the old key must not be accepted any more: delete the file, then rotate.

    \b
    Settings:
      SOCIALFEED_SIGNING_KEYS  the file, unless --file is given

    \b
    Example:
      socialfeed keys rotate --file var/signing-keys.json
    """
    from socialfeed.adapters.security.key_file import rotate as rotate_file

    change = rotate_file(path, _now())
    if change.made is not None:
        click.echo(f"{change.made.kid} signs from {shown(change.made.signs_from)}")
    _echo_removed([key.kid for key in change.removed])


@keys.command("list", short_help="Show the keys: which signs, which are accepted, how old they are.")
@_file
def list_keys(path: Path) -> None:
    """Show each key's id, state and age, in the order in which they sign.

    \b
    next       published and accepted, does not sign yet
    signing    signs
    verifying  signs no more, its last tokens have not expired
    retired    not accepted; the next rotate or prune removes it

    \b
    Settings:
      SOCIALFEED_SIGNING_KEYS  the file, unless --file is given

    \b
    Example:
      socialfeed keys list --file var/signing-keys.json
    """
    from socialfeed.adapters.security.key_file import read_keys
    from socialfeed.adapters.security.signing import turns

    now = _now()
    for turn in turns(read_keys(path)):
        age = str(now - turn.key.created_at).partition(".")[0]
        click.echo(f"{turn.key.kid}  {turn.state(now):<9}  made {shown(turn.key.created_at)}, {age} ago")


@keys.command(short_help="Remove the keys that are retired.")
@_file
def prune(path: Path) -> None:
    """Remove the keys that are retired, as every rotate does.

    \b
    Settings:
      SOCIALFEED_SIGNING_KEYS  the file, unless --file is given

    \b
    Example:
      socialfeed keys prune --file var/signing-keys.json
    """
    from socialfeed.adapters.security.key_file import prune as prune_file

    removed = [key.kid for key in prune_file(path, _now()).removed]
    _echo_removed(removed)
    if not removed:
        click.echo("No key is retired.", err=True)


def _echo_removed(kids: list[str]) -> None:
    for kid in kids:
        click.echo(f"{kid} was retired and is removed")


def _now() -> datetime:
    from socialfeed.adapters.system import SystemClock

    return SystemClock().now()
