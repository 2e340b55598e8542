"""Runs one server for as long as the test run lives: `keeper.py ALIVE FOLDER SIGNAL UID COMMAND...`.

The test run holds the named pipe ALIVE open for writing. When the run ends, be it by `kill -9`, the pipe has
no writer left; then the server gets SIGNAL and, once it is gone, FOLDER with its data is removed; the last
keeper removes the folder of the run. Keepers run in sessions of their own, so that Ctrl-C reaches pytest only
and the tests' clean-up still finds the server.
"""

import os
import shutil
import subprocess
import sys
import time

POLL, PATIENCE = 0.1, 10.0


def has_writer(pipe: int) -> bool:
    try:
        return os.read(pipe, 1) != b""
    except BlockingIOError:
        return True


def main(alive: str, folder: str, signal: str, uid: str, *command: str) -> None:
    pipe = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    user = int(uid)
    with open(os.path.join(folder, "log"), "wb") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=None if user < 0 else user,
            group=None if user < 0 else user,
            extra_groups=None if user < 0 else [],
        )
    while has_writer(pipe) and server.poll() is None:
        time.sleep(POLL)
    if server.poll() is not None:
        return  # It failed: whoever started it reads the log and removes the folder.
    server.send_signal(int(signal))
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    run = os.path.dirname(folder)
    if not any(entry.is_dir() for entry in os.scandir(run)):
        shutil.rmtree(run, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
