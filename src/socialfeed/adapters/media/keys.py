"""The names of stored files."""

import re

from socialfeed.domain.errors import Invalid

_MAX_LENGTH = 200
_PART = r"[a-z0-9_-][a-z0-9._-]*"
_KEY = re.compile(rf"{_PART}(?:/{_PART}){{0,7}}")


def check_key(key: str) -> str:
    """The key, if it is one: safe as a path below a folder and as part of a URL. Raises `Invalid`."""
    if len(key) > _MAX_LENGTH or not _KEY.fullmatch(key):
        raise Invalid("This is not the name of a file.", code="INVALID_KEY")
    return key
