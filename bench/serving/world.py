"""The data: made by `socialfeed seed`, in a database and a Valkey of our own."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from redis import Redis
from tests.services import Services
from tests.services import redis as valkeys
from tests.services.postgres import Databases

from bench.servers import PATIENCE, Settings
from socialfeed.adapters.security import SecretRing
from socialfeed.adapters.sql import migrate
from socialfeed.container import open_app
from socialfeed.domain.ids import UserId
from socialfeed.domain.permissions import Actor
from socialfeed.settings import Settings as AppSettings

SIZES = {"users": 10_000, "posts": 100_000, "follows": 300_000, "likes": 1_000_000, "shares": 0}
"""No shares: what is shared stands in our home feeds, and peers need not learn that."""
READERS = 200
KEPT = "socialfeed_bench_serving"
_FOLLOWEES = 10
"""So many a reader has at least, for a page that is full."""

PROGRAM = str(Path(sys.executable).with_name("socialfeed"))


class Reader(NamedTuple):
    user_id: UserId
    token: str


@dataclass(frozen=True, slots=True)
class World:
    """`core` is where everything runs that is not measured itself."""

    database_url: str
    redis_url: str
    readers: Sequence[Reader]
    core: int
    valkey: int
    """The process of it."""
    connection: psycopg.Connection
    """To ask which processes serve the database: kept, because a server that is full would refuse one."""

    @property
    def settings(self) -> Settings:
        """Everything real: as in production, limits on and too high to be met, a line in the log for each request."""
        return {**SERVED, "database_url": self.database_url, "redis_url": self.redis_url}

    def pin(self) -> bool:
        """Moves what serves this database to the core of the load. Whether that is allowed."""
        try:
            for process in self.backends():
                os.sched_setaffinity(process, {self.core})
        except PermissionError:
            return False
        return True

    def backends(self) -> list[int]:
        """The processes that serve this database, ours that asks left out."""
        return [int(row[0]) for row in self.connection.execute(_BACKENDS).fetchall()]


_BACKENDS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    " AND pid <> pg_backend_pid()"
)

SERVED: dict[str, Any] = {
    "environment": "production",
    "secret_key": "the secret of a server that only a benchmark asks",
    "rate_limit": "100000000/minute",
    "mail_url": "memory://",
    "log_level": "info",
}


def token_key() -> bytes:
    """By which tokens of readers are signed: HS256."""
    key: bytes = SecretRing(SERVED["secret_key"]).signs(datetime.now(UTC)).key
    return key


@asynccontextmanager
async def prepared(found: Services, folder: Path, *, keep: bool, core: int) -> AsyncIterator[World]:
    """The world, seeded unless an earlier run left it. With `keep` the database stays for the next; readers are signed
    in anew each time. The Valkey runs where this process is allowed to. Raises `Missing`.
    """
    databases = Databases(found.url("postgres"), lasting=True)
    server = valkeys.start(valkeys.own_binary(), found.launcher("valkey-of-serving"))
    valkey = f"{server}?{PATIENCE}"
    url = _kept(databases) if keep else databases.create()
    try:
        await migrate(url)
        if not await _is_seeded(url):
            started = time.perf_counter()
            _seed({**SERVED, "database_url": url, "redis_url": valkey, "data_dir": str(folder)})
            print(f"seeded in {time.perf_counter() - started:.0f} s", flush=True)
        readers = await _signed_in({**SERVED, "database_url": url, "redis_url": valkey, "data_dir": folder})
        with psycopg.connect(url, autocommit=True) as connection:
            yield World(url, valkey, readers, core, _process_of(server), connection)
    finally:
        databases.close()


def _process_of(server: str) -> int:
    with Redis.from_url(server) as client:
        return int(client.info("server")["process_id"])


def _kept(databases: Databases) -> str:
    """A database that is not dropped in the end, made if there is none."""
    with psycopg.connect(databases.admin_url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [KEPT]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(KEPT)))
    return databases.url(KEPT)


async def _is_seeded(url: str) -> bool:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        counted = await (await connection.execute("SELECT count(*) FROM posts")).fetchone()
        return counted is not None and counted[0] >= SIZES["posts"]


def _seed(settings: Settings) -> None:
    sizes = [word for noun, number in SIZES.items() for word in (f"--{noun}", str(number))]
    given = {f"SOCIALFEED_{name.upper()}": str(value) for name, value in settings.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOCIALFEED_")}
    subprocess.run([PROGRAM, "seed", *sizes], env=kept | given, stdout=subprocess.DEVNULL, check=True)


async def _signed_in(settings: Settings) -> list[Reader]:
    """Ordinary accounts, each with a session that the product began."""
    async with open_app(AppSettings(**settings), relay=False) as app:
        async with await psycopg.AsyncConnection.connect(settings["database_url"]) as connection:
            rows = await (await connection.execute(_READERS, [_FOLLOWEES, READERS])).fetchall()
        accounts = await app.storage.users.accounts_by_ids([UserId(row[0]) for row in rows])
        begin = app.services.sessions.begin
        return [
            Reader(user_id, (await begin(Actor(address="127.0.0.1"), account)).access.token)
            for user_id, account in accounts.items()
        ]


_READERS = "SELECT user_id FROM user_counters WHERE following >= %s ORDER BY md5(user_id::text) LIMIT %s"
