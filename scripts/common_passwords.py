#!/usr/bin/env python3
"""Writes the list of common passwords that the product refuses, from the frequency list of the zxcvbn package.

    pip install --target /tmp/zxcvbn zxcvbn==4.5.0
    PYTHONPATH=/tmp/zxcvbn scripts/common_passwords.py

The same input gives the same bytes, so that a change of the file is a change of the list.
"""

import gzip
from pathlib import Path

from zxcvbn.frequency_lists import FREQUENCY_LISTS

COUNT = 3_000
SHORTEST = 8
"""Shorter ones are refused for their length."""

TARGET = Path(__file__).parents[1] / "src/socialfeed/adapters/security/data/common_passwords.txt.gz"


def main() -> None:
    ranked = dict.fromkeys(password.lower() for password in FREQUENCY_LISTS["passwords"])
    chosen = [password for password in ranked if len(password) >= SHORTEST][:COUNT]
    if len(chosen) != COUNT:
        raise SystemExit(f"the list has only {len(chosen)} passwords of {SHORTEST} characters and more")
    lines = "".join(f"{password}\n" for password in sorted(chosen))
    TARGET.write_bytes(gzip.compress(lines.encode(), mtime=0))


if __name__ == "__main__":
    main()
