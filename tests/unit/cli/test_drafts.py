import os
import signal
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from socialfeed.domain.errors import Invalid
from socialfeed.entrypoints.cli.drafts import private_file


def begin(path: Path, then: Callable[[], object]) -> None:
    """Writes half of a file, and then something happens."""
    with private_file(path) as file:
        file.write(b"half")
        file.flush()
        then()


def fail() -> None:
    raise ZeroDivisionError


def test_a_file_appears_when_it_is_complete_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"

    with private_file(path) as file:
        file.write(b"complete")
        file.flush()
        assert not path.exists()

    assert path.read_bytes() == b"complete"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there_before(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"before")

    with pytest.raises(ZeroDivisionError):
        begin(path, fail)

    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_process_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)

    with pytest.raises(SystemExit) as left:
        begin(tmp_path / "log.jsonl", partial(os.kill, os.getpid(), number))

    assert left.value.code == 128 + number
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(number) is before


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "log.jsonl", tmp_path / "link"
    link.symlink_to(path)

    with private_file(link) as file:
        file.write(b"complete")

    assert link.is_symlink()
    assert path.read_bytes() == b"complete"


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is not a file"):
        begin(tmp_path, fail)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        begin(tmp_path / "nowhere" / "log.jsonl", fail)
