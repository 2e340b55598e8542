from pathlib import Path

import pytest

from tests.commands import Run, in_folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return in_folder(tmp_path, monkeypatch)
