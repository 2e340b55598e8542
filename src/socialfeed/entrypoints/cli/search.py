"""`search`: looking after the search index."""

import click

from socialfeed.entrypoints.cli import runtime
from socialfeed.entrypoints.cli.progress import reporting


@click.group(short_help="Look after the search index.")
def search() -> None:
    """The search index: which posts say what, and which accounts are called what.

    Jobs keep it from the moment it is there. What was written before is found once it was rebuilt.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where posts and index are  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Example:
      socialfeed search rebuild
    """


@search.command(short_help="Index all posts and accounts there are.")
def rebuild() -> None:
    """Index all posts and accounts there are, while everybody goes on working.

    For databases from before there was a search, and for backups that were restored. Stopped halfway, it can simply be
    started again; what was indexed already is indexed once more.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where posts and index are  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Example:
      socialfeed migrate && socialfeed search rebuild
    """
    totals = dict.fromkeys(("posts", "users"), 0)
    with reporting({}) as report:

        def count(name: str, done: int) -> None:
            totals[name] = done
            report(name, done)

        runtime.operate(lambda app: app.search_indexing.rebuild(count))
    click.echo(f"{totals['posts']:,} posts and {totals['users']:,} accounts gone through.")
