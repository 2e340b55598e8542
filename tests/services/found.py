"""What was found on this machine."""

import os
from dataclasses import dataclass


class Missing(Exception):
    """A service the tests need is nowhere to be found, or does not start."""


@dataclass(frozen=True, slots=True)
class Found:
    """A server that answers at `url`, or a `binary` that can be started."""

    product: str
    version: str
    origin: str
    url: str = ""
    binary: str = ""

    def __str__(self) -> str:
        return f"{self.product} {self.version}, {self.origin}"


def from_environment(variable: str) -> str | None:
    """The URL the variable holds; "" hides what the system has, None leaves the choice open."""
    return os.environ.get(variable)
