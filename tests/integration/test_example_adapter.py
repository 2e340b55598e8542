"""The package in `examples/`, as a team would have it: built, installed apart from the product and found by it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from socialfeed.testing.contracts.media import MediaStoreContract

EXAMPLE = Path(__file__).parents[2] / "examples" / "socialfeed-media-sqlite"


def test_the_example_proves_itself_as_an_outside_package(tmp_path: Path) -> None:
    source, installed, report = tmp_path / "source", tmp_path / "installed", tmp_path / "report.xml"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
    pip = ("pip", "--isolated", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    run(*pip, "--no-build-isolation", "--target", str(installed), str(source))
    shutil.rmtree(source / "src")
    run("pytest", "-p", "no:cacheprovider", f"--junitxml={report}", str(source), path=installed)

    cases = list(ElementTree.parse(report).iter("testcase"))
    names = {str(case.get("name")).partition("[")[0] for case in cases}
    assert names > {name for name in vars(MediaStoreContract) if name.startswith("test_")}
    assert not [case.get("name") for case in cases if case.find("skipped") is not None]


def run(module: str, *arguments: str, path: Path | None = None) -> None:
    """Runs a module of Python, with `path` to import from and nothing of this test run in its environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SOCIALFEED_"))}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", module, *arguments],
        env={**environment, "PYTHONPATH": str(path or "")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
