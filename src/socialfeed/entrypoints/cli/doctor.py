"""`doctor`: whether everything is as it should be."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NamedTuple

import click

from socialfeed.entrypoints.cli import runtime
from socialfeed.settings import Settings, SettingsError

if TYPE_CHECKING:
    from socialfeed.application.counters import CounterUpkeep
    from socialfeed.application.ports.counters import Drift
    from socialfeed.application.ports.storage import Storage
    from socialfeed.container import App

OK = "ok"
_LOG = "activity log"
_COUNTERS = "counters"
_SHOWN = 20
_PAGE = 500


class Finding(NamedTuple):
    about: str
    said: str
    is_wrong: bool


@click.command(short_help="Check settings, servers, the activity log and counters.")
@click.option("--repair", is_flag=True, help="Count anew what was counted wrong.")
def doctor(*, repair: bool) -> None:
    """Check that everything is as it should be: one line each, "ok" or what is wrong. Changes nothing but, with
    --repair, counters.

    \b
    settings      make sense
    database      answers, and has the schema of this version
    redis, broker, mail, media, signing keys
                  whichever are set: answer, take what is written to them, can be read
    activity log  no entry was changed, removed or put in between: every hash is computed again
    log months    on PostgreSQL: the log's partitions reach some months ahead
    counters      of all posts: as many likes, comments and shares as are stored. Those that are not have drifted;
                  --repair counts them anew, while everybody goes on working, and caches follow within a minute

    The exit code is 1 if anything is wrong; a warning is not, yet, and neither is what was repaired.

    \b
    Settings:
      every one that `socialfeed serve` reads: run it with the same

    \b
    Example:
      socialfeed doctor && echo healthy
    """
    try:
        settings = runtime.settings()
    except SettingsError as error:
        _echo(Finding("settings", str(error), is_wrong=True))
        raise click.exceptions.Exit(1) from None
    _echo(Finding("settings", OK, is_wrong=False))
    if asyncio.run(_check(settings, repair=repair)):
        raise click.exceptions.Exit(1)


async def _check(settings: Settings, *, repair: bool) -> bool:
    """Whether anything is wrong."""
    wrong = False
    async for finding in _findings(settings, repair=repair):
        _echo(finding)
        wrong = wrong or finding.is_wrong
    return wrong


async def _findings(settings: Settings, *, repair: bool) -> AsyncIterator[Finding]:
    from socialfeed.container import open_app
    from socialfeed.container.parts import states

    found = await states(settings)
    for part, state in found.items():
        yield Finding(part, state, is_wrong=state != OK)
    if found.get("database") != OK:
        for about in (_LOG, _COUNTERS):
            yield Finding(about, "not checked, as the database comes first", is_wrong=True)
        return
    async with open_app(_database_alone(settings), relay=False) as app:
        async for finding in _log(app):
            yield finding
        for warning in await _warnings(app):
            yield Finding("log months", f"warning: {warning}", is_wrong=False)
        async for finding in _counters(app.counter_upkeep, repair=repair):
            yield finding


def _database_alone(settings: Settings) -> Settings:
    """Log and counters need nothing else: they are checked whatever else is away."""
    elsewhere = {"redis_url": "", "broker_url": "inprocess://", "mail_url": "memory://", "media_url": "memory://"}
    return settings.model_copy(update={**elsewhere, "signing_keys": None})


async def _log(app: "App") -> AsyncIterator[Finding]:
    breaks = 0
    try:
        chains, entries = await _size(app.storage)
        async for found in app.services.activity.breaks():
            breaks += 1
            if breaks <= _SHOWN:
                yield Finding(_LOG, found, is_wrong=True)
    except (ValueError, TypeError, AttributeError) as error:
        # Not even an entry any more.
        yield Finding(_LOG, f"an entry cannot be read: {error}", is_wrong=True)
        return
    if breaks > _SHOWN:
        yield Finding(_LOG, f"… and {breaks - _SHOWN:,} more", is_wrong=True)
    elif not breaks and (surplus := await app.services.activity.surplus()):
        breaks += 1
        yield Finding(_LOG, f"{surplus:,} more entries than the chains have", is_wrong=True)
    if not breaks:
        yield Finding(_LOG, f"{OK}, entries: {entries:,}, chains: {chains:,}", is_wrong=False)


async def _size(storage: "Storage") -> tuple[int, int]:
    """How many chains there are, and how many entries by their ends."""
    chains = entries = 0
    after = None
    while ends := await storage.activity.chains(after=after, limit=_PAGE):
        chains += len(ends)
        entries += sum(end.position for end in ends)
        after = ends[-1].actor_id
    return chains, entries


async def _counters(upkeep: "CounterUpkeep", *, repair: bool) -> AsyncIterator[Finding]:
    posts = drifted = 0
    async for compared, drifts in upkeep.compared():
        posts += compared
        for drift in drifts:
            if repair:
                await upkeep.mend(drift.post_id)
            drifted += 1
            if drifted <= _SHOWN:
                yield Finding(_COUNTERS, f"{'repaired: ' if repair else ''}{_said(drift)}", is_wrong=not repair)
    if drifted > _SHOWN:
        yield Finding(_COUNTERS, f"… and {drifted - _SHOWN:,} more", is_wrong=not repair)
    yield Finding(
        _COUNTERS, f"{OK if repair or not drifted else 'wrong'}, posts: {posts:,}, drifted: {drifted:,}", is_wrong=False
    )


def _said(drift: "Drift") -> str:
    """In the order of likes, comments, shares; what is right is left out."""
    pairs = zip(("likes", "comments", "shares"), drift.counted[:3], drift.rows[:3], strict=True)
    return f"post {drift.post_id}: " + ", ".join(f"{n} {name}, not {m}" for name, m, n in pairs if n != m)


async def _warnings(app: "App") -> list[str]:
    from socialfeed.adapters.sql import SqlStorage, partitions

    if not isinstance(app.storage, SqlStorage):
        return []
    return await partitions.warnings(app.storage.database, app.clock.now())


def _echo(finding: Finding) -> None:
    click.echo(f"{finding.about:<12}  {' '.join(finding.said.split())}")
