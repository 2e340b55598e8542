"""Stores for the files that users give us."""

from socialfeed.adapters.media.local import LocalMediaStore, open_local

__all__ = ["LocalMediaStore", "open_local"]
