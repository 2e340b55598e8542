"""Every port in memory: no service, no file, everything gone at the end. For tests, trials and single processes.

What the ports promise holds here too: rollback, ordering, uniqueness, isolation. What nobody can promise without a
disk is that anything outlives the process. One event loop uses an adapter; none is thread-safe.
"""

from socialfeed.adapters.memory.cache import MemoryCache, MemoryCounterCache
from socialfeed.adapters.memory.fetch import MemoryFetcher
from socialfeed.adapters.memory.limits import MemoryRateLimiter
from socialfeed.adapters.memory.mail import MemoryMailer, open_memory_mail
from socialfeed.adapters.memory.media import MemoryMediaStore, open_memory_media
from socialfeed.adapters.memory.nodes import MemoryNodeLeases
from socialfeed.adapters.memory.outbox import MemoryOutbox
from socialfeed.adapters.memory.shared import MemorySharedStore, open_memory_shared
from socialfeed.adapters.memory.storage import MemoryStorage, open_memory_storage
from socialfeed.adapters.memory.timelines import MemoryTimelines
from socialfeed.adapters.memory.trending import MemoryTrending

__all__ = [
    "MemoryCache",
    "MemoryCounterCache",
    "MemoryFetcher",
    "MemoryMailer",
    "MemoryMediaStore",
    "MemoryNodeLeases",
    "MemoryOutbox",
    "MemoryRateLimiter",
    "MemorySharedStore",
    "MemoryStorage",
    "MemoryTimelines",
    "MemoryTrending",
    "open_memory_mail",
    "open_memory_media",
    "open_memory_shared",
    "open_memory_storage",
]
