"""Starting a server of our own and waiting until it answers."""

import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from signal import Signals

from tests.services import keeper
from tests.services.found import Missing

TRIES, PATIENCE = 3, 60.0


class Launcher:
    """Starts one named server in a folder of its own below the run's."""

    def __init__(self, run: Path, name: str, keepers: list[subprocess.Popen[bytes]]) -> None:
        self.folder = run / name
        self._alive = run / "alive"
        self._keepers = keepers

    def make_folder(self, uid: int) -> None:
        self.folder.mkdir(mode=0o700)
        if uid >= 0:
            os.chown(self.folder, uid, uid)

    def start(
        self,
        command: Callable[[int], list[str]],
        answers: Callable[[int], bool],
        stop: Signals,
        uid: int = -1,
    ) -> int:
        """Starts `command(port)` and returns the port once `answers(port)`.

        A port found free may be taken by the time the server wants it; then the server dies and another is
        tried. Raises `Missing`.
        """
        for _ in range(TRIES):
            port = free_port()
            process = self._keep(command(port), stop, uid)
            deadline = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < deadline:
                if answers(port):
                    return port
                time.sleep(0.02)
        log = (self.folder / "log").read_text(errors="replace")
        shutil.rmtree(self.folder)
        raise Missing(f"{command(0)[0]} does not start: {log[-2000:]}")

    def _keep(self, command: list[str], stop: Signals, uid: int) -> subprocess.Popen[bytes]:
        arguments = [str(self._alive), str(self.folder), str(int(stop)), str(uid), *command]
        process = subprocess.Popen([sys.executable, "-I", keeper.__file__, *arguments], start_new_session=True)
        self._keepers.append(process)
        return process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Whether something accepts connections there, without a word of its protocol."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


def unprivileged_user() -> int:
    """The user a server that refuses to run as root runs as; -1 for our own. Raises `Missing`."""
    if os.geteuid() != 0:
        return -1
    for name in ("nobody", "postgres", "daemon"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise Missing("Postgres does not run as root, and there is no other user here to run it as.")


def reachable_folder() -> str:
    """A folder for temporary files that every user can reach."""
    candidates = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    if os.geteuid() != 0:
        return candidates[0]
    return next((path for path in candidates if _reachable(Path(path))), candidates[0])


def open_to_all(folder: Path) -> bool:
    """Whether every user can reach the folder and read what lies right in it.

    A wheel is installed with one mask, so these files speak for the rest of it.
    """
    return _reachable(folder) and all(file.stat().st_mode & stat.S_IROTH for file in folder.iterdir())


def _reachable(folder: Path) -> bool:
    path = folder.resolve()
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in (path, *path.parents))
