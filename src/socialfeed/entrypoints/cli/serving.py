"""`serve` and `worker`: the processes that stay."""

import asyncio
import contextlib
import errno
import gc
import logging.config
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import click
from starlette.types import ASGIApp

from socialfeed.domain.errors import Unavailable
from socialfeed.entrypoints.cli import runtime
from socialfeed.settings import Settings, SettingsError

GRACE = 10
"""Seconds a stopping server waits for requests under way."""

PATIENCE = 60
"""Seconds a process may take to say that it lives, as while it starts; after that another takes its place."""

METRICS_DIR = "PROMETHEUS_MULTIPROC_DIR"
"""Where the client library of Prometheus looks for a folder that processes share."""


@click.command(short_help="Serve the API and the explorer over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), metavar="N", help="0 takes any free one."
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), metavar="N", help="Number of processes."
)
@click.option("--demo", "with_demo", is_flag=True, help="Make the demo data first, if it is not there.")
def serve(host: str, port: int, workers: int, with_demo: bool) -> None:
    """Serve the API, and in development the explorer, over HTTP.

    \b
    Settings:
      SOCIALFEED_DATABASE_URL  sqlite:///path, postgresql://…, memory://  [SQLite in SOCIALFEED_DATA_DIR]
      SOCIALFEED_REDIS_URL     redis://…, valkey://…: shared cache, timelines, limits  [none]
      SOCIALFEED_BROKER_URL    inprocess://, redis://…, amqp://…: who runs the jobs  [inprocess://]
      SOCIALFEED_MAIL_URL      console://, smtp://user:password@host:port  [console://]
      SOCIALFEED_SECRET_KEY    at least 32 characters; must be set in production
      SOCIALFEED_SIGNING_KEYS  a file of `socialfeed keys rotate`  [none: tokens are signed by the secret key]
      SOCIALFEED_ENVIRONMENT   development or production  [development]
      SOCIALFEED_GRAPHQL_DOCUMENTS  any or trusted: those in SOCIALFEED_GRAPHQL_MANIFEST alone  [any]
      SOCIALFEED_TRUSTED_PROXIES  10.0.0.0/8, fd00::/8: whose X-Forwarded-For is believed  [nobody's]

    \b
    Examples:
      socialfeed serve --port 8080
      SOCIALFEED_DATABASE_URL=memory:// socialfeed serve --demo
    """
    from socialfeed.entrypoints.cli.demo import DEMO_LOGIN
    from socialfeed.entrypoints.graphql.trusted import manifest_of

    settings = runtime.settings()
    manifest_of(settings)  # so that what is wrong with it is said before anything starts
    if workers > 1 and runtime.keeps_nothing(settings):
        raise SettingsError(
            "--workers: a memory:// database lives in one process; name another in SOCIALFEED_DATABASE_URL"
        )
    port = _free(host, port)
    in_process = runtime.keeps_nothing(settings)
    asyncio.run(_prepare(settings, with_demo=with_demo and not in_process))
    app = _application(settings, with_demo) if in_process else f"{__name__}:{create_served_app.__name__}"
    if with_demo:
        click.echo(DEMO_LOGIN)
    click.echo(f"socialfeed is at http://{_bracketed(host)}:{port}/graphql (Ctrl-C stops it)")
    with _one_page_of_metrics(workers):
        _listen(app, settings, host, port, workers)


@click.command(short_help="Run the jobs a broker hands out.")
def worker() -> None:
    """Run the jobs that a broker hands out: fan-out of posts, mails, trending.

    Needed where SOCIALFEED_BROKER_URL is redis:// or amqp://; with inprocess:// the server runs its own jobs. Any
    number of workers may run, on any machine that reaches the broker and the database.

    \b
    Settings: those of `socialfeed serve`, with the same values.

    \b
    Example:
      SOCIALFEED_BROKER_URL=amqp://guest:guest@localhost:5672 socialfeed worker
    """
    from socialfeed.entrypoints.worker import run_worker

    settings = runtime.settings()
    logging.config.dictConfig(runtime.log_config(settings))
    run_worker(settings)


def create_served_app() -> ASGIApp:
    """The application of a process that serves it until it ends."""
    from socialfeed.entrypoints.http import create_app

    return _for_good(create_app())


def _for_good(app: ASGIApp) -> ASGIApp:
    """What is there now stays, so the garbage collector need not look at it again: going through the whole schema stops
    every request for a tenth of a second, again and again, the sooner the more is refused.
    """
    gc.collect()
    gc.freeze()
    return app


async def _prepare(settings: Settings, *, with_demo: bool) -> None:
    """Opens everything once: what is wrong is said in one line before a server starts, not in each of its logs."""
    from socialfeed.container import open_app
    from socialfeed.entrypoints.cli.demo import ensure_demo

    async with open_app(settings, relay=False) as app:
        if with_demo:
            await ensure_demo(app)


def _application(settings: Settings, with_demo: bool) -> Callable[[], ASGIApp]:
    """For a database that lives in the serving process: its demo data must be made there."""
    from socialfeed.container import App, open_app
    from socialfeed.entrypoints.cli.demo import ensure_demo
    from socialfeed.entrypoints.http import create_app

    @asynccontextmanager
    async def opened(chosen: Settings) -> AsyncIterator[App]:
        async with open_app(chosen) as app:
            if with_demo:
                await ensure_demo(app)
            yield app

    return lambda: _for_good(create_app(settings, opened))


def _listen(app: str | Callable[[], ASGIApp], settings: Settings, host: str, port: int, workers: int) -> None:
    import uvicorn

    from socialfeed.entrypoints.cli.protocol import HeadLimitedProtocol

    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.run(
            app,
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=HeadLimitedProtocol,
            lifespan="on",
            log_config=runtime.log_config(settings),
            access_log=False,  # the application writes that line, with the id of the request
            proxy_headers=False,  # the application reads X-Forwarded-For itself, from trusted proxies
            server_header=False,
            ws_max_size=64 * 1024,
            limit_concurrency=4096,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=GRACE,
            timeout_worker_healthcheck=PATIENCE,
        )


@contextlib.contextmanager
def _one_page_of_metrics(workers: int) -> Iterator[None]:
    """Several processes add their figures up in a folder that ends with them, unless the operator named one."""
    if workers == 1 or METRICS_DIR in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="socialfeed-metrics-") as folder:
        os.environ[METRICS_DIR] = folder
        try:
            yield
        finally:
            del os.environ[METRICS_DIR]


def _free(host: str, port: int) -> int:
    """The port, if nobody listens there; one that is free for 0. Raises `Unavailable`."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except socket.gaierror:
        raise SettingsError(f"--host: {host!r} is not an address of this machine") from None
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Unavailable(
                    f"port {port} of {host} is taken: stop what listens there or choose another --port"
                ) from None
            raise Unavailable(f"cannot listen on port {port} of {host}: {error.strerror}") from None
        return int(probe.getsockname()[1])


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
