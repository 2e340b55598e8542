"""`cache`: looking after what may be lost at any time."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from socialfeed.domain.permissions import OPERATOR
from socialfeed.entrypoints.cli import runtime
from socialfeed.entrypoints.cli.moments import span
from socialfeed.entrypoints.cli.progress import reporting

if TYPE_CHECKING:
    from socialfeed.application.work.caches import CacheStats
    from socialfeed.container import App

_FLUSHED = ("cache", "counters", "timelines")
_PARTS = (*_FLUSHED, "trending")
_REBUILT = ("counters", "timelines", "trending")


@click.group(short_help="Look after caches, counters and timelines.")
def cache() -> None:
    """What may be lost at any time, as the database has it all: posts and profiles that are kept at hand, counters,
    the timelines of those who read, and what trends.

    Nothing here touches sessions, limits or jobs. Without SOCIALFEED_REDIS_URL timelines and trends are in the
    database, and the rest in the memory of each server, where no command reaches it.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where everything is  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do

    \b
    Examples:
      socialfeed cache stats
      socialfeed cache flush timelines --yes
    """


@cache.command(short_help="Say what is cached, where, and how much of it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def stats(as_json: bool) -> None:
    """Say what is cached: keys, memory and database number of each part, and what the server says of itself.

    Memory is estimated from some keys. Whoever else uses the server is counted in what it finds and in what it uses.
    Goes through all keys, a thousand at a time, which holds up nobody.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where everything is  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do

    \b
    Examples:
      socialfeed cache stats
      socialfeed cache stats --json
    """
    found = runtime.operate(lambda app: app.caches.stats(OPERATOR))
    if as_json:
        click.echo(json.dumps(_fields(found), ensure_ascii=False))
        return
    for name, said in _lines(found):
        click.echo(f"{name:<10} {said}")


@cache.command(short_help="Make ready what active readers will ask for.")
@click.option("--within", default="7d", show_default=True, type=span, metavar="SPAN", help="How lately they were here.")
@click.option(
    "--limit",
    default=10_000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="Readers at most.",
)
def warm(within: timedelta, limit: int) -> None:
    """Make ready what those will ask for who were here lately: their timelines and, in Redis, the newest posts of each
    with authors and counters. What is there already stays.

    For a new, restarted or flushed Redis. Nobody has to wait for it: until then the database answers.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where everything is  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do

    \b
    Example:
      socialfeed cache warm --within 2d --limit 5000
    """
    with reporting({}) as report:
        done = runtime.operate(lambda app: app.caches.warm(OPERATOR, within=within, limit=limit, progress=report))
    click.echo(f"Ready for {done.readers:,} readers: {done.posts:,} posts by {done.profiles:,} people.")


@cache.command(short_help="Forget what is cached; the database answers instead.")
@click.argument("parts", nargs=-1, type=click.Choice(_PARTS), metavar="[PART]...")
@click.option("--yes", is_flag=True, help="Do not ask.")
def flush(parts: tuple[str, ...], yes: bool) -> None:
    """Forget what is cached: cache (posts and profiles), counters, timelines, or all of them; or trending, which is
    forgotten only where it is named, as reading does not bring it back: socialfeed cache rebuild trending does.

    Servers go on meanwhile: the database answers, and things are cached again as they are read. Nothing that was
    deleted comes back; counters may be a minute old. Sessions, limits and jobs are not touched.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where everything is  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do

    \b
    Examples:
      socialfeed cache flush
      socialfeed cache flush timelines --yes
    """
    chosen = _chosen(parts, _FLUSHED)
    if not yes:
        click.confirm(f"Forget {', '.join(chosen)}?", abort=True, err=True)
    _work(chosen, "forgotten", lambda app, names, report: app.caches.flush(OPERATOR, names, report))


@cache.command(short_help="Make counters, timelines and trends anew from the database.")
@click.argument("parts", nargs=-1, type=click.Choice(_REBUILT), metavar="[PART]...")
def rebuild(parts: tuple[str, ...]) -> None:
    """Make counters, timelines, what trends, or all of it anew of what the database says, while everybody goes on
    working. What trends is incomplete until its part is done.

    All posts are gone through, and every timeline that is there. Stopped halfway, it can simply be started again.
    `socialfeed doctor --repair` does so only for what is wrong, and says what.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  where everything is  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     where servers share a cache, if they do

    \b
    Examples:
      socialfeed cache rebuild
      socialfeed cache rebuild timelines
    """
    chosen = _chosen(parts, _REBUILT)
    _work(chosen, "gone through", lambda app, names, report: app.caches.rebuild(OPERATOR, names, report))


def _chosen(parts: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(parts)) or default


def _work(
    chosen: tuple[str, ...], said: str, work: Callable[["App", list[Any], Callable[[str, int], None]], Any]
) -> None:
    from socialfeed.application.work.caches import Part

    totals = dict.fromkeys(chosen, 0)
    with reporting({}) as report:

        def count(name: str, done: int) -> None:
            if name in totals:  # The rest is on the way there.
                totals[name] = done
            report(name, done)

        runtime.operate(lambda app: work(app, [Part(name) for name in chosen], count))
    for name, done in totals.items():
        click.echo(f"{name}: {done:,} {said}")


def _lines(found: "CacheStats") -> list[tuple[str, str]]:
    facts = found.facts
    if facts is None:
        return [
            ("server", "none: SOCIALFEED_REDIS_URL is not set, and each server keeps things in its own memory"),
            ("timelines", f"{found.timelines:,} warm, in the database"),
            ("trending", f"{found.trending:,} posts, in the database"),
        ]
    said = [facts.server]
    if facts.memory is not None:
        said.append(f"{_bytes(facts.memory)} in use")
    if (rate := _hit_rate(found)) is not None:
        said.append(f"{rate:.1%} of reads found")
    lines = [("server", ", ".join(said))]
    for area, size in found.sizes.items():
        parts = [f"{size.keys:,} keys"]
        if size.memory is not None:
            parts.append(f"about {_bytes(size.memory)}")
        if size.database is not None:
            parts.append(f"database {size.database}")
        lines.append((area, ", ".join(parts)))
    return [*lines, ("trending", f"{found.trending:,} posts")]


def _fields(found: "CacheStats") -> dict[str, Any]:
    facts = found.facts
    return {
        "server": facts and facts.server,
        "memory": facts and facts.memory,
        "hitRate": _hit_rate(found),
        "areas": {str(area): size._asdict() for area, size in found.sizes.items()},
        "timelines": found.timelines,
        "trending": found.trending,
    }


def _hit_rate(found: "CacheStats") -> float | None:
    facts = found.facts
    if facts is None or facts.hits is None or facts.misses is None or not facts.hits + facts.misses:
        return None
    return facts.hits / (facts.hits + facts.misses)


def _bytes(number: int) -> str:
    size = float(number)
    for unit in ("B", "KB", "MB"):
        if size < 1_000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1_000
    return f"{size:.1f} GB"
