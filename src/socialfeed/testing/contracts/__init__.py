"""One suite for each port: what the port's docstring promises, as tests.

A suite is a class of asynchronous tests. To prove an adapter, subclass it in a test module and supply a
fixture named after the port that gives a fresh, empty adapter:

    class TestMyStorage(StorageContract):
        @pytest.fixture
        async def storage(self) -> AsyncIterator[Storage]:
            async with open_my_storage("mine://...", context) as storage:
                yield storage

| suite                                      | fixtures it asks for                                       |
|--------------------------------------------|------------------------------------------------------------|
| `storage.StorageContract`                  | `storage: Storage`                                         |
| `outbox.OutboxContract`                    | `storage: Storage`                                         |
| `outbox.OutboxTimeContract`                | `storage: Storage`, `clock: FixedClock`                    |
| `timelines.TimelinesContract`              | `timelines: Timelines`                                     |
| `timelines.TimelinesTimeContract`          | `timelines: Timelines`, `clock: FixedClock`                |
| `timelines.VersionedTimelinesContract`     | `timelines: VersionedTimelines`                            |
| `trending.TrendingContract`                | `trending: Trending`                                       |
| `ranking.RankerContract`                   | `ranker: Ranker`                                           |
| `search.SearchContract`                     | `search: SearchIndex`                                      |
| `search.SearchUsersContract`               | `search: SearchIndex`                                      |
| `nodes.NodeLeasesContract`                 | `nodes: NodeLeases`                                        |
| `cache.CacheContract`                      | `cache: Cache`                                             |
| `cache.CacheTimeContract`                  | `cache: Cache`, `clock: FixedClock`                        |
| `cache.CounterCacheContract`               | `counters: CounterCache`                                   |
| `limits.RateLimiterContract`               | `limiter: RateLimiter`                                     |
| `media.MediaStoreContract`                 | `media: MediaStore`                                        |
| `fetch.FetcherContract`                    | `elsewhere`: see there                                     |
| `mail.MailerContract`                      | `mailer: Mailer`, `mailbox`: see there                     |
| `jobs.JobsContract`                        | `jobs: Jobs`, opened with the job table of `workbench`     |
| `security.PasswordHasherContract`          | `hasher: PasswordHasher`                                   |
| `security.CodeHasherContract`              | `code_hasher: CodeHasher`, `foreign_code_hasher`           |
| `security.TokensContract`                  | `tokens: Tokens`, `foreign_tokens`                         |
| `security.RefreshTokensContract`           | `refresh_tokens: RefreshTokens`, `foreign_refresh_tokens`  |
| `security.CursorSealContract`              | `cursor_seal: CursorSeal`, `foreign_cursor_seal`           |

The `...TimeContract` suites are for adapters that ask the injected clock; where time belongs to a server,
leave them out. The suites need pytest with pytest-asyncio in auto mode, and hypothesis. None depends on how
fast it runs.
"""

import pkgutil

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)))
