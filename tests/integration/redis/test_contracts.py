"""What the ports promise. The clock belongs to the server, so the suites that turn one are left out."""

from socialfeed.testing.contracts.cache import CacheContract, CounterCacheContract
from socialfeed.testing.contracts.limits import RateLimiterContract
from socialfeed.testing.contracts.timelines import TimelinesContract, VersionedTimelinesContract
from socialfeed.testing.contracts.trending import TrendingContract


class TestRedisCache(CacheContract):
    pass


class TestRedisCounterCache(CounterCacheContract):
    pass


class TestRedisRateLimiter(RateLimiterContract):
    pass


class TestRedisTimelines(TimelinesContract):
    pass


class TestVersionsOfRedisTimelines(VersionedTimelinesContract):
    pass


class TestRedisTrending(TrendingContract):
    pass
