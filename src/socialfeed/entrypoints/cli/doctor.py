"""`doctor`: whether everything is as it should be."""

import asyncio
from collections.abc import AsyncIterator

import click

from socialfeed.entrypoints.cli import checkups, runtime
from socialfeed.entrypoints.cli.checkups import OK, Finding
from socialfeed.settings import Settings, SettingsError


@click.command(short_help="Check settings, servers, the activity log and what follows from the database.")
@click.option("--repair", is_flag=True, help="Mend what is counted wrong, missing or too much.")
@click.option("--all", "everything", is_flag=True, help="Compare all there is, not a part of it.")
def doctor(*, repair: bool, everything: bool) -> None:
    """Check that everything is as it should be: one line each, "ok" or what is wrong. Changes nothing, unless --repair
    is given; then each line says what was mended.

    \b
    settings      make sense
    documents     if SOCIALFEED_GRAPHQL_MANIFEST is set: this version's schema has all that they ask for
    database      answers, and has the schema of this version
    redis, broker, mail, media, signing keys
                  whichever are set: answer, take what is written to them, can be read
    activity log  no entry was changed, removed or put in between: every hash is computed again
    log months    on PostgreSQL: the log's partitions reach some months ahead
    jobs          how many events wait for theirs, and how many failed too often
    counters      of all posts: as many likes, comments and shares as are stored. Those that are not have drifted;
                  --repair counts them anew, and caches follow within a minute
    timelines     a thousand that are warm, or --all: each has what those wrote whom its owner follows, down to where it
                  ends; --repair makes those that do not anew. What is left in them of people who are no longer
                  followed is no fault: it is not shown, and falls off the end
    trending      the first of each window stand where the reactions to them say; --repair makes all of it anew
    search        posts of the last seven days, or --all: those that may be found are in the index, and no others;
                  --repair indexes them anew

    Everybody may go on working meanwhile. What jobs are still busy with is no difference: what differs is looked at
    again a moment later, and posts of the last minute are left out.

    The exit code is 1 if anything is wrong; a warning is not, yet, and neither is what was repaired.

    \b
    Settings:
      every one that `socialfeed serve` reads: run it with the same

    \b
    Examples:
      socialfeed doctor && echo healthy
      socialfeed doctor --all --repair
    """
    try:
        settings = runtime.settings()
    except SettingsError as error:
        _echo(Finding("settings", str(error), is_wrong=True))
        raise click.exceptions.Exit(1) from None
    _echo(Finding("settings", OK, is_wrong=False))
    if asyncio.run(_check(settings, repair=repair, everything=everything)):
        raise click.exceptions.Exit(1)


async def _check(settings: Settings, *, repair: bool, everything: bool) -> bool:
    """Whether anything is wrong."""
    wrong = False
    async for finding in _findings(settings, repair=repair, everything=everything):
        _echo(finding)
        wrong = wrong or finding.is_wrong
    return wrong


async def _findings(settings: Settings, *, repair: bool, everything: bool) -> AsyncIterator[Finding]:
    from socialfeed.container import open_app
    from socialfeed.container.parts import states

    for finding in checkups.documents(settings):
        yield finding
    found = await states(settings)
    for part, state in found.items():
        yield Finding(part, state, is_wrong=state != OK)
    if found.get("database") != OK:
        for about in (
            checkups.LOG,
            checkups.JOBS,
            checkups.COUNTERS,
            checkups.TIMELINES,
            checkups.TRENDING,
            checkups.SEARCH,
        ):
            yield Finding(about, "not checked, as the database comes first", is_wrong=True)
        return
    async with open_app(_what_answers(settings, found), relay=False) as app:
        checks = [checkups.log(app), checkups.months(app), checkups.jobs(app), checkups.counters(app, repair=repair)]
        if found.get("redis", OK) == OK:
            checks.append(checkups.timelines(app, repair=repair, everything=everything))
            checks.append(checkups.trending(app, repair=repair))
        checks.append(checkups.search(app, repair=repair, everything=everything))
        for check in checks:
            async for finding in check:
                yield finding
    if found.get("redis", OK) != OK:
        for about in (checkups.TIMELINES, checkups.TRENDING):
            yield Finding(about, "not checked, as Redis comes first", is_wrong=True)


def _what_answers(settings: Settings, found: dict[str, str]) -> Settings:
    """So that everything else is checked whatever is away. Mail and media are done with."""
    elsewhere = {"mail_url": "memory://", "media_url": "memory://"}
    if found.get("redis") != OK:
        elsewhere["redis_url"] = ""
    if found.get("broker") != OK:
        elsewhere["broker_url"] = "inprocess://"
    return settings.model_copy(update={**elsewhere, "signing_keys": None})


def _echo(finding: Finding) -> None:
    click.echo(f"{finding.about:<12}  {' '.join(finding.said.split())}")
