"""What was found, and what it comes to."""

from collections.abc import Mapping, Sequence
from statistics import median

from bench.figures import Goal, percentile, ratio
from bench.serving.contenders import (
    GRAPHENE,
    RAW,
    SQL,
    SQL_IO,
    VALKEY,
    Contender,
    Measured,
)
from bench.serving.profile import Profile
from bench.serving.recording import Page
from bench.serving.statements import Cost, trips

GOALS = (
    (VALKEY, RAW, Goal("requests a second with Valkey, of raw ASGI's", 0.3)),
    (VALKEY, GRAPHENE, Goal("requests a second with Valkey, by those of Graphene with cached pages", 40)),
    (SQL, SQL_IO, Goal("requests a second with Postgres alone, of those of its I/O", 0.6)),
)
TAIL = Goal("p99 by p50, asked for", 3, at_least=False)

BUSY = 0.9
"""The part of a core below which a server was not kept busy: by others there, by the load, or by its databases."""

ROOMS = 14
"""Of a profile so many lines are shown."""

COLUMNS = ("req/s", "of raw", "by CPU", "p50", "p99", "CPU ms", "its DB", "core", "other")

Found = Mapping[str, Sequence[Measured]]


def table(contenders: Sequence[Contender], found: Found) -> None:
    """The medians of the rounds."""
    print(f"  {'':28}" + "".join(f"{name:>8}" for name in COLUMNS))
    raw = found.get(RAW)
    for each in contenders:
        runs = found[each.key]
        took = [second for run in runs for second in run.load.took]
        figures = [
            f"{median(rates(runs)):,.0f}",
            f"{ratio(rates(runs), rates(raw)):.3f}" if raw else "",
            f"{ratio(by_cpu(runs), by_cpu(raw)):.3f}" if raw else "",
            f"{percentile(took, 50):.2f}",
            f"{percentile(took, 99):.2f}",
            f"{median(run.cpu for run in runs):.3f}",
            f"{median(run.database for run in runs):.3f}",
            f"{median(run.server_busy for run in runs):.0%}",
            f"{median(run.other_busy for run in runs):.0%}",
        ]
        print(f"  {each.name:28}" + "".join(f"{figure:>8}" for figure in figures), flush=True)

    for each in contenders:
        if (share := median(run.load_busy for run in found[each.key])) >= BUSY:
            print(f"  {each.name}: the load had {share:.0%} of its core to do, so the server may be capable of more")


def steadily(contenders: Sequence[Contender], found: Found) -> None:
    for each in contenders:
        for run in found.get(each.key, ()):
            p50, p99 = (percentile(run.load.took, percent) for percent in (50, 99))
            print(
                f"  {each.name:28}{run.load.rate:8,.0f}/s steadily: p50 {p50:.2f} ms, p99 {p99:.2f} ms;"
                f" its core {run.server_busy:.0%}, the other {run.other_busy:.0%}"
            )


def judge(found: Found, evenly: Found, part: float) -> list[str]:
    """Prints a line for each goal. Whose were missed; what was not measured is."""
    missed = []
    for one, other, goal in GOALS:
        runs, others = found.get(one), found.get(other)
        value = ratio(rates(runs), rates(others)) if runs and others else None
        print(f"  {goal.verdict(value)}")
        if runs and others and (shares := _not_busy(runs, others)):
            print(f"    worth little: {shares}; by CPU it would be {ratio(by_cpu(runs), by_cpu(others)):.3g}")
        missed += [one] * (not goal.holds(value))
    for key in (VALKEY, SQL):
        tails = [percentile(run.load.took, 99) / percentile(run.load.took, 50) for run in evenly.get(key, ())]
        value = median(tails) if tails else None
        print(f"  {key}: {TAIL.verdict(value)} at {part:.0%} of what it can")
        missed += [key] * (not TAIL.holds(value))
    return missed


def _not_busy(*both: Sequence[Measured]) -> str:
    """Empty where both were."""
    shares = [median(run.server_busy for run in runs) for runs in both]
    return f"they had {shares[0]:.0%} and {shares[1]:.0%} of their core" if min(shares) < BUSY else ""


def explain(contender: Contender, found: Found, profile: Profile) -> None:
    """Where the time of one of ours goes, as far as the ceilings and a profile tell."""
    parts = [found[each] for each in (RAW, f"{contender.key}-io", contender.key) if each in found]
    if len(parts) == 3:
        http, io, whole = (median(run.cpu for run in runs) for runs in parts)
        print(f"  {contender.name}: {whole:.2f} ms of CPU: HTTP {http:.2f}, I/O {io - http:.2f}, ours {whole - io:.2f}")
    print(f"  {contender.name}: {profile.each:.2f} ms without HTTP, of which by profile:")
    for name, share in profile.rooms[:ROOMS]:
        print(f"    {share:6.1%}  {name}")


def io(contender: Contender, pages: Sequence[Page], costs: Sequence[Cost]) -> None:
    """What one of ours asks of its databases for a page."""
    postgres, valkey = trips(pages)
    print(
        f"  {contender.name}: waits {postgres:.1f} times for Postgres and {valkey:.1f} for Valkey; alone, by statement:"
    )
    for cost in costs:
        print(f"    {cost.each:6.2f} ms, {cost.asked:.1f} times  {cost.text}")


def rates(runs: Sequence[Measured]) -> list[float]:
    return [run.load.rate for run in runs]


def by_cpu(runs: Sequence[Measured]) -> list[float]:
    """Answers by each second of the server's processes: what others on the core take does not count."""
    return [1000 / run.cpu for run in runs]
