"""What a post is worth to a reader, by a formula that an operator sets."""

from typing import NamedTuple

from socialfeed.domain.formula import Formula, parse

DEFAULT = "(1 + likes + 2*comments + 3*shares) * (1 + priority/2) * (1 + log(1 + affinity)) * decay(12)"
"""A like, a comment and a share weigh what they do among trends; one more than nothing lets what is new compete."""


class Terms(NamedTuple):
    """What a formula may ask for."""

    likes: float
    comments: float
    shares: float
    age_hours: float
    """0 for what is just written, and for what comes from a clock that is ahead."""
    priority: float
    """How much the reader cares for the author: -1, 0 or 1."""
    affinity: float
    """How many posts of the author, of those ranked together, the reader liked, shared or bookmarked."""
    is_followed: float
    """1 where the reader follows the author, else 0."""
    is_own: float
    """1 where the reader is the author, else 0."""


def parse_score(text: str) -> Formula:
    """Over the values of `Terms`. Raises `ValueError`, as `formula.parse`."""
    return parse(text, Terms._fields, age="age_hours")
