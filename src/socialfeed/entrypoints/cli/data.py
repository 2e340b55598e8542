"""`demo` and `seed`: databases with life in them."""

import asyncio
from datetime import UTC, datetime

import click

from socialfeed.entrypoints.cli import runtime
from socialfeed.entrypoints.cli.moments import moment
from socialfeed.entrypoints.cli.progress import reporting
from socialfeed.settings import Settings, SettingsError

_COUNT = click.IntRange(min=0)


@click.command(short_help="Make demo data once and print who to sign in as.")
def demo() -> None:
    """Make a small world to look around in, once, and print who to sign in as.

    200 people in six languages, 2,000 posts over six weeks, threads, likes and shares. A second run changes nothing.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where it goes  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     gets the trending order, where it is set

    \b
    Example:
      socialfeed migrate && socialfeed demo && socialfeed serve
    """
    from socialfeed.container import open_app
    from socialfeed.entrypoints.cli.demo import DEMO_LOGIN, ensure_demo

    settings = _lasting("demo")

    async def work() -> bool:
        async with open_app(settings, relay=False) as app:
            return await ensure_demo(app)

    made = asyncio.run(work())
    click.echo("Demo data made." if made else "Demo data is there.", err=True)
    click.echo(DEMO_LOGIN)


@click.command(short_help="Fill an empty database with a world of any size.")
@click.option(
    "--users", default=1_000, show_default=True, type=click.IntRange(1, 1_000_000), metavar="N", help="People."
)
@click.option(
    "--posts", default=10_000, show_default=True, type=_COUNT, metavar="N", help="Posts, over the last six weeks."
)
@click.option("--follows", type=_COUNT, metavar="N", help="Follows.  [default: 30 a person]")
@click.option("--likes", type=_COUNT, metavar="N", help="Likes.  [default: 10 a post]")
@click.option("--comments", type=_COUNT, metavar="N", help="Comments, in threads.  [default: 2 a post]")
@click.option("--shares", type=_COUNT, metavar="N", help="Shares.  [default: 1 for 2 posts]")
@click.option(
    "--seed", "number", default=42, show_default=True, metavar="N", help="The same number makes the same world."
)
@click.option(
    "--until",
    metavar="MOMENT",
    type=moment,
    help="Moment at which the newest posts are new; with it the ids are the same each time, too.  [default: now]",
)
def seed(
    users: int,
    posts: int,
    follows: int | None,
    likes: int | None,
    comments: int | None,
    shares: int | None,
    number: int,
    until: datetime | None,
) -> None:
    """Fill an empty database with a believable world of any size.

    A few people have many followers, posts follow the hours of the day, likes gather where the crowd is, comments
    answer comments. All accounts have the password "demo-password"; one is called "demo". It is all or nothing:
    stopped halfway, an SQL database is as it was.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where it goes  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     gets the trending order, where it is set

    \b
    Example:
      socialfeed seed --users 10000 --posts 100000
    """
    from socialfeed.container import open_app
    from socialfeed.entrypoints.cli.demo import populate
    from socialfeed.population import Plan

    settings = _lasting("seed")
    plan = Plan.scaled(
        users=users,
        posts=posts,
        follows=follows,
        likes=likes,
        comments=comments,
        shares=shares,
        seed=number,
        until=until or datetime.now(UTC),
    )

    async def work() -> None:
        async with open_app(settings, relay=False) as app:
            with reporting(plan.totals) as report:
                await populate(app, plan, report)

    asyncio.run(work())
    click.echo(f"{sum(plan.totals.values()):,} rows made: {plan.users:,} people with {plan.posts:,} posts.")


def _lasting(command: str) -> Settings:
    """The settings, if what is written will still be there when this process ends."""
    settings = runtime.settings()
    if runtime.keeps_nothing(settings):
        raise SettingsError(
            f"SOCIALFEED_DATABASE_URL: what {command} puts into memory:// is gone when it ends; "
            "see socialfeed serve --demo"
        )
    return settings
