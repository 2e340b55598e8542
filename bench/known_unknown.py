"""Known and unknown accounts take the same time: `python -m bench.known_unknown`.

At each door, calls about accounts that exist and about some that do not follow each other in random order, in one
process, straight into the application, each name once. Limits are off; jobs and notes are run between the calls,
outside of what is timed, so that a mail to somebody does not slow the next caller. The medians may differ by 10 %.

What the two halves of the calls about unknown accounts differ by is the noise of the machine.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench.servers import POSTGRES, SQLITE, backends, load, services
from socialfeed.adapters.security import Argon2PasswordHasher
from socialfeed.domain.ids import IdFactory
from socialfeed.domain.user import User
from socialfeed.testing.client import PASSWORD, Client, open_client

TIMINGS, WARM_UP = 300, 20
TOLERANCE = 0.10

_OTHER_NODE = 99
"""Not the product's own, whose ids must not be made twice."""

WRONG = "no password of anybody"
LOG_IN = "mutation ($u: String!, $p: String!) { tokenAuth(username: $u, password: $p) { success } }"
REGISTER = (
    "mutation ($u: String!, $e: String!, $p: String!) {"
    " registerUser(username: $u, email: $e, password: $p) { success } }"
)
ASK_RESET = "mutation ($e: String!) { requestPasswordReset(email: $e) { success } }"
RESEND = "mutation ($e: String!) { resendEmailOtp(email: $e) { success } }"


class Door(NamedTuple):
    """`kind` is what the account has to be to be known here."""

    kind: str
    operation: str
    variables: Callable[[str], dict[str, str]]


def address(name: str) -> str:
    return f"{name}@example.com"


DOORS = {
    "tokenAuth, by name": Door("active", LOG_IN, lambda name: {"u": name, "p": WRONG}),
    "tokenAuth, by address": Door("active", LOG_IN, lambda name: {"u": address(name), "p": WRONG}),
    "registerUser": Door("active", REGISTER, lambda name: {"u": f"new_{name}", "e": address(name), "p": PASSWORD}),
    "requestPasswordReset": Door("active", ASK_RESET, lambda name: {"e": address(name)}),
    "resendEmailOtp": Door("waits", RESEND, lambda name: {"e": address(name)}),
}


class Measured(NamedTuple):
    """Medians in milliseconds."""

    known: float
    unknown: float
    noise: float

    @property
    def ratio(self) -> float:
        return self.known / self.unknown

    @property
    def holds(self) -> bool:
        return abs(self.ratio - 1) <= TOLERANCE


async def make_accounts(client: Client, timings: int) -> None:
    """As many of each kind as there are calls about known accounts at a door."""
    hasher = Argon2PasswordHasher()
    password_hash = await hasher.hash(PASSWORD)
    hasher.close()
    ids = IdFactory(lambda: int(datetime.now(UTC).timestamp() * 1000), _OTHER_NODE)
    for n in range(timings):
        async with client.app.storage.uow() as tx:
            for kind in ("active", "waits"):
                name = f"{kind}_{n:04}"
                user = User.register(
                    ids.user(), username=name, email=address(name), password_hash=password_hash, at=datetime.now(UTC)
                )
                await tx.users.add(user.verified() if kind == "active" else user)


async def measure(client: Client, door: Door, number: int, timings: int) -> Measured:
    known = [f"{door.kind}_{n:04}" for n in range(timings)]
    # As long as the known ones, and not known from another door, of which some make accounts.
    unknown = [f"{'nobody'[: len(door.kind) - 1]}{number}_{n:04}" for n in range(timings)]
    warm_up = [f"warm_{number}_{n:03}" for n in range(WARM_UP)]
    took: dict[str, float] = {}
    for name in [*warm_up, *random.sample(known + unknown, 2 * timings)]:
        variables = door.variables(name)
        started = perf_counter()
        answer = await client.graphql(door.operation, variables)
        took[name] = (perf_counter() - started) * 1000
        assert answer.status == 200, answer
        await client.settle()
    of_known, of_unknown = ([took[name] for name in names] for names in (known, unknown))
    halves = median(of_unknown[::2]), median(of_unknown[1::2])
    return Measured(median(of_known), median(of_unknown), max(halves) / min(halves))


async def report(name: str, client: Client, timings: int) -> bool:
    """Prints a line for each door; whether all of them hold."""
    await make_accounts(client, timings)
    print(f"{name}: medians of {timings} timings in ms, load of the machine {load()}")
    print(f"  {'door':24}{'known':>9}{'unknown':>9}{'ratio':>8}{'noise':>8}  within {TOLERANCE:.0%}")
    holds = []
    for number, (title, door) in enumerate(DOORS.items()):
        found = await measure(client, door, number, timings)
        holds.append(found.holds)
        print(
            f"  {title:24}{found.known:9.3f}{found.unknown:9.3f}{found.ratio:8.3f}{found.noise:8.3f}"
            f"  {'yes' if found.holds else 'NO'}",
            flush=True,
        )
    return all(holds)


async def main(timings: int) -> int:
    holds = []
    with services() as found:
        for name in (SQLITE, POSTGRES):
            with tempfile.TemporaryDirectory(prefix="socialfeed-bench-") as folder:
                async with backends(name, found, Path(folder)) as chosen:
                    if chosen is None:
                        print(f"{name}: not measured, no such servers here")
                        continue
                    async with open_client(data_dir=Path(folder), **chosen) as client:
                        holds.append(await report(name, client, timings))
    return 0 if all(holds) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--timings", type=int, default=TIMINGS, help="of each kind at each door")
    sys.exit(asyncio.run(main(parser.parse_args().timings)))
