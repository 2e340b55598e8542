"""What a team needs to test on top of socialfeed, and to prove an adapter of its own.

- `Builder` makes valid users, posts, comments, likes, events.
- `FixedClock` and `TickingClock` are clocks that a test controls.
- `socialfeed.testing.contracts` holds one suite per port: subclass it, supply a fixture, and pytest proves
  the adapter. The suites alone need pytest, pytest-asyncio and hypothesis installed; nothing else here does.
"""

from socialfeed.testing.builders import Builder
from socialfeed.testing.clock import FixedClock, TickingClock

__all__ = ["Builder", "FixedClock", "TickingClock"]
