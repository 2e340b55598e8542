import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.cli.files import ROOT, text

TARGETS = {"help", "run", "test", "nightly", "faults", "e2e", "bench", "check", "format", "lock", "clean"}


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_every_target_in_one_line_each() -> None:
    lines = make().stdout.splitlines()

    assert {line.split()[1] for line in lines} == TARGETS
    assert len(lines) == len(TARGETS)
    phony = re.search(r"^\.PHONY: (.*)$", text("Makefile"), re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS


def test_run_migrates_and_serves_the_demo_on_the_port_asked_for() -> None:
    planned = make("--dry-run", "--old-file=.venv/.product", "run", "PORT=9123").stdout

    assert "socialfeed migrate" in planned
    assert "socialfeed serve --demo --port 9123" in planned


def test_run_installs_from_the_locks_with_hashes() -> None:
    planned = make("--dry-run", "--always-make", "run").stdout

    assert "--require-hashes -r requirements.txt -r requirements-build.txt" in planned
    assert "--no-deps --no-build-isolation --editable ." in planned


def test_without_a_python_new_enough_make_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(text("Makefile"))
    for name in ("requirements.txt", "requirements-build.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    bare = tmp_path / "bin"
    bare.mkdir()
    for tool in ("bash", "make", "sh", "test", "true"):
        (bare / tool).symlink_to(f"/bin/{tool}" if tool in {"bash", "sh"} else f"/usr/bin/{tool}")

    result = subprocess.run(
        [str(bare / "make"), "SHELL=/bin/bash", "run"],
        cwd=tmp_path,
        env={"PATH": str(bare)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode != 0
    assert "socialfeed needs Python 3.11 or newer" in result.stderr


@pytest.mark.parametrize("script", [".ci/run", "scripts/lock.sh"])
def test_scripts_stop_at_the_first_error(script: str) -> None:
    assert text(script).startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text(script)
    assert (ROOT / script).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
