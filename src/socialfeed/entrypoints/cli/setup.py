"""`migrate`, `create-superuser` and `schema`: what is done once."""

import asyncio
import os
import sys
from pathlib import Path

import click

from socialfeed.domain.errors import Unavailable
from socialfeed.entrypoints.cli import runtime
from socialfeed.settings import SettingsError

PASSWORD_VARIABLE = "SOCIALFEED_SUPERUSER_PASSWORD"  # noqa: S105
_DATABASE = "SOCIALFEED_DATABASE_URL"
_SQL = {"postgres", "postgresql", "sqlite"}


@click.command("create-superuser")
@click.option("--username", prompt=True, help="3 to 30 letters, digits and underscores.")
@click.option("--email", prompt=True, help="Counts as proven.")
def create_superuser(username: str, email: str) -> None:
    """Create an active account that may do everything.

    Asks for what is not given. The password is asked for twice and not shown; it is never an option, because options
    are visible to every user of the machine.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL        where the account goes  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_SUPERUSER_PASSWORD  the password, where nobody can be asked

    \b
    Example:
      socialfeed create-superuser --username root --email root@example.org
    """
    from socialfeed.container import open_app

    settings = runtime.settings()
    password = os.environ.get(PASSWORD_VARIABLE) or _asked()

    async def work() -> str:
        async with open_app(settings, relay=False) as app:
            view = await app.services.accounts.create_superuser(username=username, email=email, password=password)
            return view.username

    click.echo(f"{asyncio.run(work())} may do everything.")


def _asked() -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"there is no terminal to ask for a password: set {PASSWORD_VARIABLE}")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer


@click.command(short_help="Print the GraphQL schema.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
def schema(out: Path | None) -> None:
    """Print the GraphQL schema (SDL), for code generators and reviews. Needs no database.

    \b
    Example:
      socialfeed schema --out schema.graphql
    """
    from socialfeed.entrypoints.graphql.schema import sdl

    if out is None:
        click.echo(sdl(), nl=False)
    else:
        out.write_text(sdl(), encoding="utf-8")
        click.echo(f"{out} written.", err=True)


@click.command(short_help="Bring the database to this version's schema.")
def migrate() -> None:
    """Bring the database to the schema of this version. Safe to repeat; run it before the servers of a release.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  sqlite:///path or postgresql://user:password@host/name  [SQLite in
                               SOCIALFEED_DATA_DIR]; memory:// needs nothing

    \b
    Example:
      SOCIALFEED_DATABASE_URL=postgresql://localhost/socialfeed socialfeed migrate
    """
    from socialfeed.adapters.sql import schema as sql
    from socialfeed.container import schemes

    settings = runtime.settings()
    scheme = settings.database.partition(":")[0]
    if scheme not in _SQL:
        if scheme not in schemes("database"):
            raise SettingsError(f"{_DATABASE}: no adapter for the scheme {scheme!r}")
        click.echo(f"A {scheme}:// database is not migrated by this command.", err=True)
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(sql.migrate(settings.database))
    except Unavailable as error:
        raise Unavailable(f"{_DATABASE}: {error}") from error
    except ValueError as error:
        raise SettingsError(f"{_DATABASE}: {error}") from error
    click.echo("The database has the schema of this version.", err=True)
