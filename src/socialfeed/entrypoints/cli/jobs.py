"""`jobs`: what follows from what people do, and what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from socialfeed.domain.errors import ParkedNotFound
from socialfeed.domain.permissions import OPERATOR, Actor
from socialfeed.entrypoints.cli import runtime
from socialfeed.entrypoints.cli.moments import shown

if TYPE_CHECKING:
    from socialfeed.application.ports.parked import Parked
    from socialfeed.application.work.parked import ParkedJobs
    from socialfeed.container import App

_PAGE = 100


@click.group(short_help="Look after the jobs that failed too often.")
def jobs() -> None:
    """Jobs are what follows when something was done: posts go out to timelines, mails to people.

    One that fails is tried again, with growing pauses. One that fails each time is parked and holds up nothing.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where events wait for their jobs  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_BROKER_URL    inprocess://, redis://…, amqp://…: who keeps the jobs  [inprocess://]

    \b
    Example:
      socialfeed jobs parked
    """


@jobs.command(short_help="List what is parked, have it tried again or give it up.")
@click.option("--retry", multiple=True, metavar="ID", help='Has it tried again, now; "all" for all. Repeatable.')
@click.option("--discard", multiple=True, metavar="ID", help='Gives it up for good; "all" for all. Repeatable.')
def parked(retry: tuple[str, ...], discard: tuple[str, ...]) -> None:
    """List what is parked: a line each, with its id, where it is kept, event or job, tries, when and why.

    Events are parked in the outbox after 20 tries, which takes an hour, but not because something is away. Jobs are
    parked by the broker after as many, which takes two hours, or a hundred where something is away, and kept for a
    week. Payloads are not shown, and of errors no more than their kind: the log of the process that failed has the
    rest.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where events wait for their jobs  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_BROKER_URL    inprocess://, redis://…, amqp://…: who keeps the jobs  [inprocess://]

    \b
    Examples:
      socialfeed jobs parked
      socialfeed jobs parked --retry all
    """
    if not retry and not discard:
        found, total = runtime.operate(_page)
        for one in found:
            click.echo(_line(one))
        if total > len(found):
            click.echo(f"… and {total - len(found):,} more")
        click.echo(f"{total:,} parked.", err=True)
        return
    runtime.operate(lambda app: _change(app.parked, retry, discard))


async def _page(app: "App") -> tuple[list["Parked"], int]:
    return await app.parked.page(OPERATOR, first=_PAGE), await app.parked.count(OPERATOR)


async def _change(parked: "ParkedJobs", retry: Sequence[str], discard: Sequence[str]) -> None:
    for said, change, ids in (("tried again", parked.retry, retry), ("given up", parked.discard, discard)):
        for one in ids:
            if one == "all":
                await _change_all(parked, change, said)
                continue
            try:
                await change(OPERATOR, one)
            except ParkedNotFound:
                raise ParkedNotFound(
                    f"Nothing is parked under {one!r}: socialfeed jobs parked lists what is."
                ) from None
            click.echo(f"{one} is {said}")


async def _change_all(parked: "ParkedJobs", change: Callable[[Actor, str], Awaitable[None]], said: str) -> None:
    """As many as there are now: what fails again at once must not keep us here."""
    pages = -(-await parked.count(OPERATOR) // _PAGE)
    for _ in range(pages):
        for one in await parked.page(OPERATOR, first=_PAGE):
            with suppress(ParkedNotFound):  # Somebody else was quicker.
                await change(OPERATOR, one.id)
                click.echo(f"{one.id} is {said}")


def _line(one: "Parked") -> str:
    tries = f"{one.tries} {'try' if one.tries == 1 else 'tries'}"
    event = "" if one.event_id is None or str(one.event_id) == one.id else f" of event {one.event_id}"
    return f"{one.id}  {one.place}  {one.work}{event}  {tries}  {shown(one.at)}  {' '.join(one.reason.split())}"
