import subprocess
import sys
from pathlib import Path
from signal import SIGKILL

from socialfeed.adapters.media import open_local
from socialfeed.adapters.system import SystemClock
from socialfeed.application.ports.adapters import AdapterContext

WRITER = """
import asyncio, os, signal, sys
from pathlib import Path
from socialfeed.adapters.media import LocalMediaStore

async def half_a_picture():
    yield b"x" * 1_000_000
    os.kill(os.getpid(), signal.SIGKILL)
    yield b"never"

async def main():
    store = LocalMediaStore(Path(sys.argv[1]))
    await store.prepare()
    await store.put("picture", half_a_picture())

asyncio.run(main())
"""


async def test_a_writer_killed_half_way_leaves_nothing_for_readers_and_nothing_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    killed = subprocess.run([sys.executable, "-c", WRITER, str(folder)], check=False)
    assert killed.returncode == -SIGKILL
    assert len(list((folder / ".incoming").iterdir())) == 1

    async with open_local(folder.as_uri(), AdapterContext(SystemClock(), tmp_path)) as store:
        assert await store.get("picture") is None
        assert list((folder / ".incoming").iterdir()) == []
