"""The sets of backends to measure on, from where the tests find theirs."""

import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from tests.services import Missing, Services, redis
from tests.services.postgres import Databases

from socialfeed.adapters.sql import migrate

Settings = dict[str, Any]

SQLITE, POSTGRES = "SQLite", "Postgres + Valkey"

PATIENCE = "timeout=5"
"""Seconds that a call to Valkey may take here: a measurement on a busy machine is slow, not broken."""


@contextmanager
def services() -> Iterator[Services]:
    """Servers for one measurement; what was started for it ends with it."""
    found = Services.prepare()
    try:
        yield found
    finally:
        found.close()


@asynccontextmanager
async def backends(name: str, found: Services, folder: Path) -> AsyncIterator[Settings | None]:
    """Settings for an empty, migrated product; None where the servers it needs are not to be had."""
    if name == SQLITE:
        chosen = {"database_url": f"sqlite:///{folder / 'bench.sqlite3'}"}
        await migrate(chosen["database_url"])
        yield chosen
        return
    try:
        postgres_server, redis_server = found.url("postgres"), found.url("redis")
    except Missing:
        yield None
        return
    databases = Databases(postgres_server, lasting=True)
    prefix = f"socialfeed_bench_{token_hex(4)}:"
    try:
        chosen = {
            "database_url": databases.create(),
            "redis_url": f"{redis_server}{'&' if '?' in redis_server else '?'}prefix={prefix}",
        }
        await migrate(chosen["database_url"])
        yield chosen
    finally:
        databases.close()
        redis.forget(redis_server, prefix)


def load() -> str:
    """How busy the machine is: figures of a busy one are worth little."""
    return Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "unknown"


def cpu_seconds(processes: Iterable[int]) -> dict[int, float]:
    """Of processors, what each of them that is there has used so far: its threads, not its children."""
    used = {}
    for process in processes:
        with suppress(FileNotFoundError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            used[process] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def family(process: int) -> list[int]:
    """It, and those that descend from it."""
    found = [process]
    for each in found:
        with suppress(FileNotFoundError):
            found += map(int, Path(f"/proc/{each}/task/{each}/children").read_text().split())
    return found
