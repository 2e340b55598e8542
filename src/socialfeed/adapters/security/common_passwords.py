"""The passwords that are tried first. Where they come from: `data/README.md`."""

import gzip
from importlib.resources import files


def load_common_passwords() -> frozenset[str]:
    """The 3,000 most common of 8 characters and more, in lower case."""
    packed = files("socialfeed.adapters.security").joinpath("data", "common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().splitlines())
