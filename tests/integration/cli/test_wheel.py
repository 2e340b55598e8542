"""What is installed from a wheel, as the container image does, is the whole product."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_holds_everything_the_product_reads(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        packed = set(archive.namelist())

    source = ROOT / "src"
    expected = {
        str(path.relative_to(source))
        for path in (source / "socialfeed").rglob("*")
        if path.is_file() and not {"__pycache__", ".mypy_cache"} & set(path.parts)
    }
    assert "socialfeed/schema.graphql" in packed
    assert expected <= packed


def test_the_product_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "installed"
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    script = (
        "import socialfeed; from socialfeed.entrypoints.cli import main;"
        f"assert socialfeed.__file__.startswith({str(folder)!r}), socialfeed.__file__;"
        "main(['schema'])"
    )

    # Without the site's .pth files, the checkout that is installed in place cannot stand in for the wheel.
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    result = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = [{str(folder)!r}, {packages!r}]; {script}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout == (ROOT / "schema.graphql").read_text(encoding="utf-8")
