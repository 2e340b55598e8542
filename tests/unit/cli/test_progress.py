import re

import pytest

from socialfeed.entrypoints.cli.progress import reporting

TOTALS = {"users": 1_500, "posts": 20}


def test_without_a_terminal_each_part_is_one_plain_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(TOTALS) as report:
        report("users", 1_000)
        report("users", 1_500)
        report("posts", 20)
        report("post_counters", 20)

    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"users +1,500 +\d+\.\d s\nposts +20 +\d+\.\d s\npost counters +20 +\d+\.\d s\n", shown.err)


def test_on_a_terminal_there_are_bars(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")

    with reporting(TOTALS) as report:
        report("users", 1_500)
        report("posts", 5)
        report("post_counters", 5)

    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    assert re.search(r"users +━+ 1500/1500 0:00:00", shown)
    assert re.search(r"posts +[━╸╺ ]+ +5/20 ", shown)
    assert re.search(r"post counters .* 5/\?", shown)
