"""The file of the signing keys: rotated without downtime, whole at every moment, and nobody else's to read."""

import asyncio
import json
import logging
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from socialfeed.adapters.security import key_file
from socialfeed.adapters.security.key_file import KeyFileRing, prune, read_keys, rotate
from socialfeed.adapters.security.signing import LEEWAY, LIFETIME, NOTICE
from tests.unit.security.forging import NOW

RETIREMENT = NOTICE + LIFETIME + LEEWAY
"""From a rotation to the end of the key that signed before it."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "signing.json"


def made_by(path: Path, after: timedelta = timedelta(0)) -> str:
    made = rotate(path, NOW + after).made
    assert made is not None
    return made.kid


def kids(path: Path) -> list[str]:
    return [key.kid for key in read_keys(path)]


def private_parts(path: Path) -> list[str]:
    return [key["d"] for key in json.loads(path.read_text())["keys"]]


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class TestRotation:
    def test_the_first_key_signs_at_once(self, path: Path) -> None:
        first = made_by(path)

        assert kids(path) == [first]
        assert KeyFileRing(path).signs(NOW).kid == first

    def test_a_later_key_is_published_and_believed_at_once_and_signs_after_its_notice(self, path: Path) -> None:
        first, second = made_by(path), made_by(path, timedelta(days=1))
        ring = KeyFileRing(path)
        made = NOW + timedelta(days=1)

        assert [key["kid"] for key in ring.published(made)] == [first, second]
        assert ring.verifies(second, made) is not None
        assert ring.signs(made + NOTICE - timedelta(seconds=1)).kid == first
        assert ring.signs(made + NOTICE).kid == second

    def test_the_notice_is_longer_than_a_minute_for_which_the_jwks_may_be_kept(self) -> None:
        assert timedelta(seconds=60 + key_file.LOOK_EVERY) < NOTICE

    def test_a_key_is_removed_by_the_rotation_after_its_retirement(self, path: Path) -> None:
        first, second = made_by(path), made_by(path)
        early = rotate(path, NOW + RETIREMENT - timedelta(seconds=1))
        late = rotate(path, NOW + RETIREMENT)

        assert early.removed == []
        assert [key.kid for key in late.removed] == [first]
        assert second in kids(path)
        assert first not in kids(path)

    def test_prune_removes_what_is_retired_and_nothing_else(self, path: Path) -> None:
        first, second = made_by(path), made_by(path)
        before = path.stat().st_mtime_ns

        assert prune(path, NOW + RETIREMENT - timedelta(seconds=1)).removed == []
        assert path.stat().st_mtime_ns == before
        assert [key.kid for key in prune(path, NOW + RETIREMENT).removed] == [first]
        assert kids(path) == [second]

    def test_the_last_key_never_retires(self, path: Path) -> None:
        only = made_by(path)
        prune(path, NOW + timedelta(days=3650))

        assert kids(path) == [only]

    def test_two_rotations_in_one_moment_leave_both_keys_and_the_newest_signs(self, path: Path) -> None:
        made = [made_by(path), made_by(path), made_by(path)]

        assert kids(path) == made
        assert KeyFileRing(path).signs(NOW + NOTICE).kid == made[-1]

    def test_a_clock_that_was_set_back_makes_no_key_that_signs_before_an_older_one(self, path: Path) -> None:
        made_by(path, timedelta(hours=1))
        made_by(path, timedelta(hours=1))
        newest = made_by(path)

        assert KeyFileRing(path).signs(NOW + timedelta(days=1)).kid == newest

    def test_simultaneous_rotations_lose_no_key(self, path: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: made_by(path), range(16)))

        assert sorted(kids(path)) == sorted(made)


class TestFile:
    def test_only_its_owner_may_read_it_whatever_it_was_before(self, path: Path) -> None:
        made_by(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o644)
        made_by(path)

        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_it_stays_as_it_was_when_writing_fails_and_leaves_nothing_beside_it(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made_by(path)
        before = path.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            made_by(path)

        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]

    def test_a_link_stays_a_link(self, path: Path, tmp_path: Path) -> None:
        first = made_by(path)
        link = tmp_path / "link.json"
        link.symlink_to(path)
        second = made_by(link)

        assert link.is_symlink()
        assert kids(path) == [first, second]

    def test_it_stays_its_owners_though_somebody_else_rotates(self, path: Path) -> None:
        """Only root can give a file away, and so rotate another's: for others the two are one."""
        owner = (12345, 12346) if os.geteuid() == 0 else (os.getuid(), os.getgid())
        made_by(path)
        os.chown(path, *owner)
        made_by(path)

        assert (path.stat().st_uid, path.stat().st_gid) == owner

    @pytest.mark.parametrize(
        "change",
        [
            lambda stored: b"",
            lambda stored: b"not JSON",
            lambda stored: b"\xff\xfe",
            lambda stored: b"[]",
            lambda stored: b'{"keys": {}}',
            lambda stored: changed(stored, d="AAAA"),
            lambda stored: changed(stored, d="é"),
            lambda stored: changed(stored, d="A" * 43),
            lambda stored: changed(stored, kid="another"),
            lambda stored: changed(stored, x="A" * 43),
            lambda stored: changed(stored, kty="oct"),
            lambda stored: changed(stored, crv="Ed448"),
            lambda stored: changed(stored, signs_from="2026-01-01T00:00:00"),
            lambda stored: changed(stored, signs_from=None),
            lambda stored: changed(stored, more="?"),
            lambda stored: json.dumps({"keys": stored["keys"] * 2}).encode(),
        ],
    )
    def test_a_damaged_file_is_refused_in_one_line_without_its_keys_and_never_overwritten(
        self, path: Path, change: Callable[[Any], bytes]
    ) -> None:
        made_by(path)
        (private,) = private_parts(path)
        damaged = change(json.loads(path.read_text()))
        path.write_bytes(damaged)

        for use in (read_keys, KeyFileRing, made_by, lambda broken: prune(broken, NOW)):
            with pytest.raises(ValueError, match="is no file of signing keys: ") as refused:
                use(path)
            assert "\n" not in str(refused.value)
            assert private not in str(refused.value)
        assert path.read_bytes() == damaged

    def test_a_file_without_a_key_signs_nothing_but_can_be_rotated(self, path: Path) -> None:
        path.parent.mkdir()
        path.write_text('{"keys": []}')

        with pytest.raises(ValueError, match="socialfeed keys rotate makes one"):
            KeyFileRing(path)
        first = made_by(path)
        assert KeyFileRing(path).signs(NOW).kid == first


class TestWatching:
    @pytest.fixture(autouse=True)
    def often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(key_file, "LOOK_EVERY", 0.005)

    async def test_a_rotation_reaches_a_running_process_which_is_told(self, path: Path) -> None:
        first = made_by(path)
        async with Watched(path) as watched:
            second = made_by(path)
            await eventually(lambda: watched.changes == 1)

            assert [key["kid"] for key in watched.ring.published(NOW)] == [first, second]
            await asyncio.sleep(0.05)
            assert watched.changes == 1

    async def test_a_key_that_was_leaked_is_out_as_soon_as_the_file_was_made_anew(self, path: Path) -> None:
        leaked = made_by(path)
        async with Watched(path) as watched:
            path.unlink()
            made_by(path)
            await eventually(lambda: watched.changes == 1)

            assert watched.ring.verifies(leaked, NOW) is None

    async def test_the_keys_read_last_go_on_while_the_file_is_gone_or_damaged(
        self, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        first = made_by(path)
        content = path.read_bytes()
        async with Watched(path) as watched:
            path.unlink()
            await eventually(lambda: len(warnings(caplog)) == 1)
            path.write_bytes(content[:-20])
            await eventually(lambda: len(warnings(caplog)) == 2)
            await asyncio.sleep(0.05)

            assert watched.ring.signs(NOW).kid == first
            assert (watched.changes, len(warnings(caplog))) == (0, 2)
            path.write_bytes(content)
            await eventually(lambda: watched.changes == 1)
        assert private_parts(path)[0] not in caplog.text


class Watched:
    """A ring that follows its file within the block."""

    def __init__(self, path: Path) -> None:
        self.ring = KeyFileRing(path)
        self.changes = 0

    async def __aenter__(self) -> "Watched":
        self._task = asyncio.create_task(self.ring.watch(self._changed))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def _changed(self) -> None:
        self.changes += 1


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def changed(stored: Any, **fields: Any) -> bytes:
    stored["keys"][0].update(fields)
    return json.dumps(stored).encode()
