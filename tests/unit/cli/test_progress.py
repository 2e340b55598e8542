import re

import pytest

from socialfeed.entrypoints.cli.progress import reporting


def test_without_a_terminal_each_part_is_one_plain_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting() as reporter:
        with reporter.part("users", 1_500) as advance:
            advance(1_000)
            advance(500)
        with reporter.part("posts", 0):
            pass

    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"users +1,500 +\d+\.\d s\nposts +0 +\d+\.\d s\n", shown.err)


def test_on_a_terminal_there_are_bars(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")

    with reporting() as reporter, reporter.part("users", 10) as advance:
        advance(10)

    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert re.search(r"users +━+ 10/10 0:00:00", shown)
