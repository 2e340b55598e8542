"""The command line: `socialfeed --help`."""

from socialfeed.entrypoints.cli.app import main

__all__ = ["main"]
