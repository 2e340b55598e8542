"""`socialfeed` commands, run in this process."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from socialfeed.entrypoints.cli import main

Run = Callable[..., Result]


def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in the folder, with no setting but those given as keywords (`database_url="memory://"`)."""
    for name in list(os.environ):
        if name.startswith("SOCIALFEED_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)

    def call(*arguments: str, **settings: str) -> Result:
        environment = {f"SOCIALFEED_{name.upper()}": value for name, value in settings.items()}
        return CliRunner().invoke(main, arguments, env=environment)

    return call
