"""What `doctor` looks at behind the servers: each check tells what it found, and mends it where it may."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from socialfeed.domain.permissions import OPERATOR
from socialfeed.settings import Settings, SettingsError

if TYPE_CHECKING:
    from socialfeed.application.feeds.trends import TrendDrift
    from socialfeed.application.ports.counters import Drift
    from socialfeed.application.ports.storage import Storage
    from socialfeed.application.work.inspection import SearchDrift, TimelineDrift
    from socialfeed.container import App

OK = "ok"
LOG, COUNTERS, TIMELINES, SEARCH, JOBS = "activity log", "counters", "timelines", "search", "jobs"
TRENDING, DOCUMENTS = "trending", "documents"

TIMELINES_COMPARED, SEARCH_SPAN = 1_000, timedelta(days=7)
"""Unless all are to be compared."""

_SHOWN = 20
_PAGE = 500

D = TypeVar("D")


class Finding(NamedTuple):
    about: str
    said: str
    is_wrong: bool


def documents(settings: Settings) -> Iterator[Finding]:
    """Those of the manifest, if there is one, against the schema of this version."""
    from socialfeed.entrypoints.graphql.collecting import problems
    from socialfeed.entrypoints.graphql.trusted import manifest_of

    if settings.graphql_manifest is None:
        return
    try:
        trusted = manifest_of(settings).documents
    except SettingsError as error:
        yield Finding(DOCUMENTS, str(error), is_wrong=True)
        return
    wrong = 0
    for wrong, problem in enumerate(problems(trusted, {}), 1):
        if wrong <= _SHOWN:
            yield Finding(DOCUMENTS, problem, is_wrong=True)
    if wrong > _SHOWN:
        yield Finding(DOCUMENTS, f"… and {wrong - _SHOWN:,} more", is_wrong=True)
    if not wrong:
        yield Finding(DOCUMENTS, f"{OK}, trusted: {len(trusted):,}", is_wrong=False)


async def log(app: "App") -> AsyncIterator[Finding]:
    breaks = 0
    try:
        chains, entries = await _size(app.storage)
        async for found in app.services.activity.breaks():
            breaks += 1
            if breaks <= _SHOWN:
                yield Finding(LOG, found, is_wrong=True)
    except (ValueError, TypeError, AttributeError) as error:
        # Not even an entry any more.
        yield Finding(LOG, f"an entry cannot be read: {error}", is_wrong=True)
        return
    if breaks > _SHOWN:
        yield Finding(LOG, f"… and {breaks - _SHOWN:,} more", is_wrong=True)
    elif not breaks and (surplus := await app.services.activity.surplus()):
        breaks += 1
        yield Finding(LOG, f"{surplus:,} more entries than the chains have", is_wrong=True)
    if not breaks:
        yield Finding(LOG, f"{OK}, entries: {entries:,}, chains: {chains:,}", is_wrong=False)


async def _size(storage: "Storage") -> tuple[int, int]:
    """How many chains there are, and how many entries by their ends."""
    chains = entries = 0
    after = None
    while ends := await storage.activity.chains(after=after, limit=_PAGE):
        chains += len(ends)
        entries += sum(end.position for end in ends)
        after = ends[-1].actor_id
    return chains, entries


async def months(app: "App") -> AsyncIterator[Finding]:
    from socialfeed.adapters.sql import SqlStorage, partitions

    if isinstance(app.storage, SqlStorage):
        for warning in await partitions.warnings(app.storage.database, app.clock.now()):
            yield Finding("log months", f"warning: {warning}", is_wrong=False)


async def jobs(app: "App") -> AsyncIterator[Finding]:
    waiting, parked = await app.storage.outbox.backlog(), await app.parked.count(OPERATOR)
    if parked:
        yield Finding(JOBS, "warning: some failed too often: see `socialfeed jobs parked`", is_wrong=False)
    yield Finding(JOBS, f"{OK}, waiting: {waiting:,}, parked: {parked:,}", is_wrong=False)


def counters(app: "App", *, repair: bool) -> AsyncIterator[Finding]:
    upkeep = app.counter_upkeep
    mend = (lambda drift: upkeep.mend(drift.post_id)) if repair else None
    return _compared(COUNTERS, "posts", "drifted", upkeep.compared(), _drifted, mend)


def timelines(app: "App", *, repair: bool, everything: bool) -> AsyncIterator[Finding]:
    inspection = app.timeline_inspection
    compared = inspection.compared(limit=None if everything else TIMELINES_COMPARED)
    mend = (lambda drift: inspection.mend(drift.owner_id)) if repair else None
    return _compared(TIMELINES, "warm", "differing", compared, _incomplete, mend)


async def trending(app: "App", *, repair: bool) -> AsyncIterator[Finding]:
    """Mended as a whole, before what differed is told."""
    inspection = app.trend_inspection
    number, drifts = await inspection.compared()
    if repair and drifts:
        await inspection.mend()

    async def once() -> "AsyncIterator[tuple[int, list[TrendDrift]]]":
        yield number, drifts

    async for finding in _compared(TRENDING, "posts", "differing", once(), _misranked, is_mended=repair):
        yield finding


def search(app: "App", *, repair: bool, everything: bool) -> AsyncIterator[Finding]:
    inspection = app.search_inspection
    compared = inspection.compared(since=None if everything else app.clock.now() - SEARCH_SPAN)
    mend = (lambda drift: inspection.mend(drift.post_id)) if repair else None
    return _compared(SEARCH, "posts", "differing", compared, _misplaced, mend)


async def _compared(
    about: str,
    what: str,
    wrong: str,
    batches: AsyncIterator[tuple[int, list[D]]],
    say: Callable[[D], str],
    mend: Callable[[D], Awaitable[None]] | None = None,
    *,
    is_mended: bool = False,
) -> AsyncIterator[Finding]:
    """A line for each of the first that differ, and one with how many were compared and how many differed."""
    compared = differing = 0
    is_mended = is_mended or mend is not None
    async for number, drifts in batches:
        compared += number
        for drift in drifts:
            if mend is not None:
                await mend(drift)
            differing += 1
            if differing <= _SHOWN:
                yield Finding(about, f"{'repaired: ' if is_mended else ''}{say(drift)}", is_wrong=not is_mended)
    if differing > _SHOWN:
        yield Finding(about, f"… and {differing - _SHOWN:,} more", is_wrong=not is_mended)
    verdict = OK if is_mended or not differing else "wrong"
    yield Finding(about, f"{verdict}, {what}: {compared:,}, {wrong}: {differing:,}", is_wrong=False)


def _drifted(drift: "Drift") -> str:
    """In the order of likes, comments, shares; what is right is left out."""
    pairs = zip(("likes", "comments", "shares"), drift.counted[:3], drift.rows[:3], strict=True)
    return f"post {drift.post_id}: " + ", ".join(f"{n} {name}, not {m}" for name, m, n in pairs if n != m)


def _incomplete(drift: "TimelineDrift") -> str:
    parts = [_some(drift.missing, "missing")] if drift.missing else []
    parts += [_some(drift.foreign, "under the wrong account")] if drift.foreign else []
    return f"reader {drift.owner_id}: {'; '.join(parts)}"


def _some(posts: Sequence[int], fault: str) -> str:
    more = f" and {len(posts) - 3:,} more" if len(posts) > 3 else ""
    return f"{fault}: {', '.join(map(str, posts[:3]))}{more}"


def _misranked(drift: "TrendDrift") -> str:
    if drift.rows is None or drift.kept is None:
        return f"post {drift.post_id}: {'does not trend' if drift.kept is None else 'trends'}, {drift.window.value}"
    return f"post {drift.post_id}: ranks {drift.kept:.3f}, not {drift.rows:.3f}, {drift.window.value}"


def _misplaced(drift: "SearchDrift") -> str:
    return f"post {drift.post_id}: {'is found and may not be' if drift.is_indexed else 'is not found'}"
