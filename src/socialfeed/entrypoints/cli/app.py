"""The `socialfeed` command and how its failures look."""

from typing import Any

import click

from socialfeed import __version__
from socialfeed.domain.errors import Invalid, SocialFeedError
from socialfeed.entrypoints.cli.audit import audit
from socialfeed.entrypoints.cli.cache import cache
from socialfeed.entrypoints.cli.data import demo, seed
from socialfeed.entrypoints.cli.doctor import doctor
from socialfeed.entrypoints.cli.documents import documents
from socialfeed.entrypoints.cli.jobs import jobs
from socialfeed.entrypoints.cli.keys import keys
from socialfeed.entrypoints.cli.search import search
from socialfeed.entrypoints.cli.serving import serve, worker
from socialfeed.entrypoints.cli.setup import create_superuser, migrate, schema
from socialfeed.entrypoints.cli.users import users


class Failed(click.ClickException):
    """It did not work out. One line on stderr."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    def show(self, file: Any = None) -> None:
        click.echo(f"socialfeed: {self.message}", err=True, file=file)


class Misused(Failed):
    """What was asked for, or how it is set up, makes no sense."""

    exit_code = 2


class Commands(click.Group):
    """Commands in the order in which a newcomer needs them; their errors in one line, unless `--debug` is given."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except BrokenPipeError:
            # Whoever reads what we say has gone, as `head` does: click ends without a word.
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            raise _failure(error) from error


def _failure(error: Exception) -> Failed:
    match error:
        case Invalid():
            return Misused(f"{error.field}: {error}" if error.field else str(error))
        case ValueError():
            return Misused(str(error))
        case SocialFeedError() | OSError():
            return Failed(str(error))
    return Failed(f"unexpected {type(error).__name__}: {error} (socialfeed --debug … shows where)")


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every setting is an environment variable: `socialfeed COMMAND --help` names those that matter to it.",
)
@click.version_option(__version__, prog_name="socialfeed")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """A social feed: GraphQL over SQLite, PostgreSQL or memory, with Redis and a broker where you want them.

    Without any setting it keeps everything in ./var and needs no other service:

    \b
      socialfeed migrate
      socialfeed demo
      socialfeed serve
    """


for command in (
    serve,
    worker,
    migrate,
    demo,
    seed,
    create_superuser,
    users,
    audit,
    search,
    cache,
    jobs,
    keys,
    doctor,
    schema,
    documents,
):
    main.add_command(command)
