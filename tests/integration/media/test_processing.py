"""The child process: what it is given, what may become of it, and what its parent says then."""

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from socialfeed.adapters.media.processing import ChildProcessor, processor
from socialfeed.adapters.media.processing.child import Limits
from socialfeed.adapters.media.processing.processor import LIMITS
from socialfeed.application.ports.media import Processed
from socialfeed.domain.errors import MediaBroken, Unavailable
from socialfeed.domain.media import Header, MediaKind
from tests.uploads import opened, picture, png_of

HEADER = Header("image/png", 700, 500)


async def processed(folder: Path, content: bytes, limits: Mapping[MediaKind, Limits] = LIMITS) -> list[bytes]:
    """The files that were made."""
    worker = ChildProcessor(folder, limits=limits)
    async with worker.scratch() as file:
        await file.write(content[:10])
        await file.write(content[10:])
        assert b"".join([chunk async for chunk in file.chunks()]) == content
        header = await worker.header("image/png", file)
        async with worker.process(header, file) as made:
            return await contents(made)


async def contents(made: Processed) -> list[bytes]:
    return [b"".join([chunk async for chunk in file.chunks()]) for file in (made.file, *made.renditions.values())]


def of_images(memory: int = 1_500_000_000, file: int = 100_000_000, seconds: int = 60) -> Mapping[MediaKind, Limits]:
    return {MediaKind.IMAGE: Limits(memory, file, seconds)}


async def test_a_picture_comes_back_with_smaller_ones_and_no_file_stays(tmp_path: Path) -> None:
    files = await processed(tmp_path, picture(size=(700, 500)))
    assert [opened(file).size for file in files] == [(700, 500), (320, 229), (640, 457)]
    assert list(tmp_path.iterdir()) == []


async def test_what_is_made_has_its_size_said(tmp_path: Path) -> None:
    worker = ChildProcessor(tmp_path)
    async with worker.scratch() as file:
        await file.write(picture(size=(700, 500)))
        async with worker.process(HEADER, file) as made:
            sizes = [made.file.size, *(rendition.size for rendition in made.renditions.values())]
            assert sizes == [len(content) for content in await contents(made)]
            assert made.look.bytes == sum(sizes)
            assert [rendition.width for rendition in made.look.renditions] == list(made.renditions)


async def test_a_broken_file_is_broken(tmp_path: Path) -> None:
    with pytest.raises(MediaBroken):
        await processed(tmp_path, png_of(700, 500))


async def test_38_a_file_that_takes_too_much_memory_is_broken(tmp_path: Path) -> None:
    """Room for Python and Pillow, and for no picture of this size."""
    content = picture(size=(6_000, 6_000))
    with pytest.raises(MediaBroken):
        await processed(tmp_path, content, of_images(memory=260_000_000))


async def test_38_a_file_that_takes_too_long_is_broken(tmp_path: Path) -> None:
    with pytest.raises(MediaBroken):
        await processed(tmp_path, picture(size=(6_000, 6_000)), of_images(seconds=1))


async def test_38_a_file_of_which_too_much_is_made_is_broken(tmp_path: Path) -> None:
    with pytest.raises(MediaBroken):
        await processed(tmp_path, picture(size=(700, 500)), of_images(file=1_000))


async def test_a_child_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hanging.py").write_text("import time\ntime.sleep(600)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(processor, "_CHILD", "hanging")
    monkeypatch.setattr(processor, "WALL_SECONDS", {MediaKind.IMAGE: 0.5})
    children: list[asyncio.subprocess.Process] = []
    spy_on(monkeypatch, children)
    with pytest.raises(MediaBroken):
        await processed(tmp_path, picture())
    assert [child.returncode for child in children] == [-signal.SIGKILL]


async def test_a_child_is_killed_when_nobody_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[asyncio.subprocess.Process] = []
    started = spy_on(monkeypatch, children)
    work = asyncio.create_task(processed(tmp_path, picture(size=(6_000, 6_000))))
    await started.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [child.returncode for child in children] == [-signal.SIGKILL]
    assert list(tmp_path.iterdir()) == []


async def test_where_no_child_can_run_it_is_tried_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_CHILD", "socialfeed.no_such_module")
    with pytest.raises(Unavailable):
        await processed(tmp_path, picture())
    monkeypatch.setattr("sys.executable", str(tmp_path / "missing"))
    with pytest.raises(Unavailable):
        await processed(tmp_path, picture())


async def test_a_child_knows_no_secret_and_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that tells what it sees in place of looking at the picture."""
    monkeypatch.setenv("SOCIALFEED_SECRET_KEY", "SECRET-CANARY")
    (tmp_path / "spy.py").write_text(
        "import json, os, sys\n"
        "order = json.loads(sys.argv[1])\n"
        "mine = {0, 1, 2, order['source'], *order['outputs']}\n"
        "held = [n for n in range(200) if n not in mine and os.path.exists(f'/dev/fd/{n}')]\n"
        "print(json.dumps({'broken': 'MEDIA_BROKEN', 'reason': json.dumps([sorted(os.environ), held])}))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(processor, "_CHILD", "spy")
    told: list[str] = []
    monkeypatch.setattr(processor.log, "info", lambda _, *said: told.append(said[-1]))
    with (tmp_path / "open").open("w") as other:
        os.set_inheritable(other.fileno(), True)
        with pytest.raises(MediaBroken):
            await processed(tmp_path, picture())
    names, held = json.loads(told[0])
    assert set(names) <= {"PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE", "LC_CTYPE"}
    assert held in ([], [held[0]] if held else [])  # the listing of /dev/fd may see itself


def spy_on(monkeypatch: pytest.MonkeyPatch, children: list[asyncio.subprocess.Process]) -> asyncio.Event:
    """Set once a child has started."""
    started, start = asyncio.Event(), asyncio.create_subprocess_exec

    async def starting(*arguments: str, **options: object) -> asyncio.subprocess.Process:
        child = await start(*arguments, **options)  # type: ignore[arg-type]
        children.append(child)
        started.set()
        return child

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)
    return started
