"""Posts and profiles from this process, else from the shared cache, else from the database, and how viewers stand to
others from this process, else from the database: faster, never different.

Whoever changes one calls `forget` after the commit. In the shared cache a reader that read the old value before and
fills it in afterwards is kept out by a fence (decision 10). A copy in a process is used only after the shared cache was
asked, in this very call, what any process deleted since: see `watch` and decision 19. Where `forget` fails or is never
reached, the job of the event makes up for it; until then the old value is shown, for `LIFE`, `COPY_LIFE` and
`FEED_LIFE` at most.
"""

from socialfeed.adapters.caching.contents import COPY_LIFE, CachedContents, StoredContents
from socialfeed.adapters.caching.feeds import FEED_LIFE, CachedFeeds
from socialfeed.adapters.caching.standings import CachedStandings, StoredStandings
from socialfeed.adapters.caching.through import LIFE

__all__ = [
    "COPY_LIFE",
    "FEED_LIFE",
    "LIFE",
    "CachedContents",
    "CachedFeeds",
    "CachedStandings",
    "StoredContents",
    "StoredStandings",
]
