"""`audit`: the activity log, outside the database."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from socialfeed.application.ports.activity import ActivityFilter
from socialfeed.domain.activity import NOBODY, Activity, Outcome
from socialfeed.domain.errors import Invalid, SocialFeedError
from socialfeed.domain.permissions import OPERATOR
from socialfeed.entrypoints.cli import naming, runtime
from socialfeed.entrypoints.cli.drafts import private_file
from socialfeed.entrypoints.cli.moments import moment
from socialfeed.entrypoints.cli.progress import Report, reporting, silent
from socialfeed.entrypoints.wire import rfc3339

if TYPE_CHECKING:
    from socialfeed.container import App

_WRITTEN_AT_ONCE = 500
"""Entries."""


@click.group(short_help="Take the activity log out of the database.")
def audit() -> None:
    """The activity log: who did what to which object, when, from where, with what outcome.

    `socialfeed doctor` checks that no entry was changed or removed. Whoever can rewrite the whole database could
    rewrite the checks, too: against that, keep exports elsewhere.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the log is  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Example:
      socialfeed audit export --since 2026-11-01 --out november.jsonl
    """


@audit.command(short_help="Write entries as JSON lines, newest first.")
@click.option("--since", type=moment, metavar="MOMENT", help="This moment and later.")
@click.option("--until", type=moment, metavar="MOMENT", help="Before this moment.")
@click.option("--actor", metavar="LOGIN", help="What this account did; a username or an address.")
@click.option("--action", metavar="ACTION", help="What was done, such as user:ban.")
@click.option("--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="What became of it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to this file.")
def export(
    since: datetime | None,
    until: datetime | None,
    actor: str | None,
    action: str | None,
    outcome: str | None,
    out: Path | None,
) -> None:
    """Write entries as JSON lines, newest first: id, at, actorId, action, outcome, objectId, address, details, count.

    actorId is null for somebody who was not signed in, and for whoever ran a command on this machine. A moment without
    an offset is UTC. The file is for its owner only, and is there when it is complete: an export that fails leaves
    what was there before. The export leaves an entry of its own, activity:export.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where the log is  [SQLite in SOCIALFEED_DATA_DIR]

    \b
    Examples:
      socialfeed audit export --since 2026-11-01 --until 2026-12-01 --out november.jsonl
      socialfeed audit export --action permission:deny --outcome denied | head
    """
    if since is not None and until is not None and since >= until:
        raise Invalid("--since must be before --until.")
    wanted_action = None if action is None else naming.action(action)
    wanted_outcome = None if outcome is None else Outcome(outcome)

    with ExitStack() as stack:
        target = _stdout() if out is None else stack.enter_context(private_file(out))
        report = _report(stack, shows_entries=out is None)

        async def work(app: "App") -> int:
            actor_id = None if actor is None else (await naming.account(app.services, actor)).user.id
            wanted = ActivityFilter(
                actor_id=actor_id, action=wanted_action, outcome=wanted_outcome, since=since, until=until
            )
            written = 0
            async for lines in _chunks(app.services.activity.export(OPERATOR, wanted)):
                # In a thread: whoever reads a pipe may take its time.
                await asyncio.to_thread(_write, target, b"".join(lines))
                written += len(lines)
                report("entries", written)
            return written

        written = runtime.operate(work)
    if out is not None:
        click.echo(f"{out} has {written:,} entries.", err=True)


def _stdout() -> BinaryIO:
    return sys.stdout.buffer


def _report(stack: ExitStack, *, shows_entries: bool) -> Report:
    """Progress for who watches, unless the entries themselves run over the same screen."""
    if not sys.stderr.isatty() or (shows_entries and sys.stdout.isatty()):
        return silent
    return stack.enter_context(reporting({}))


async def _chunks(entries: AsyncIterator[Activity]) -> AsyncIterator[list[bytes]]:
    lines = []
    try:
        async for entry in entries:
            lines.append(_line(entry))
            if len(lines) == _WRITTEN_AT_ONCE:
                yield lines
                lines = []
    except ValueError as error:
        raise SocialFeedError(f"The log has an entry that this version cannot read: {error}.") from error
    if lines:
        yield lines


def _line(entry: Activity) -> bytes:
    fields = {
        "id": str(entry.id),
        "at": rfc3339(entry.at),
        "actorId": None if entry.actor_id == NOBODY else str(entry.actor_id),
        "action": entry.action,
        "outcome": entry.outcome.value,
        "objectId": None if entry.object_id is None else str(entry.object_id),
        "address": entry.address,
        "details": dict(entry.details),
        "count": entry.count,
    }
    return json.dumps(fields, ensure_ascii=False).encode() + b"\n"


def _write(target: BinaryIO, content: bytes) -> None:
    target.write(content)
    target.flush()
