"""Serves one ASGI application as `socialfeed serve` does its own: `python -m bench.serving.hosts NAME PORT FOLDER`."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.types import ASGIApp

from bench.serving import ceilings
from socialfeed.entrypoints.cli.serving import _for_good, _listen
from socialfeed.settings import Settings

Make = Callable[[Path], ASGIApp]

HOSTED: Mapping[str, Make] = {"raw": ceilings.raw}

if __name__ == "__main__":
    name, port, folder = sys.argv[1:]
    make = HOSTED[name]
    _listen(lambda: _for_good(make(Path(folder))), Settings(), "127.0.0.1", int(port), 1)
