"""Redis and Valkey: what several processes share and may lose.

`redis://[user:password@]host[:port][/db]`, `valkey://` (the same), `rediss://` (TLS, with redis-py's `ssl_...`
options) or `unix:///path/to/socket[?db=n]`, with these options in the query:

| option            | meaning                                                                  | default |
|-------------------|--------------------------------------------------------------------------|---------|
| `prefix`          | what every key begins with, so that deployments may share a server       | `sf:`   |
| `timeout`         | seconds a call may take, connecting included                             | 0.2     |
| `max_connections` | connections to each database of the server, beside one for short calls   | 32      |

Without a database number, or with 0, each area has its own (0 general, 1 cache, 3 counters); any other number, and a
server that has only one database, holds all. Keys name their area either way:

| key                         | what it is                                                                       |
|-----------------------------|----------------------------------------------------------------------------------|
| `c:{key}`                   | a cached value, or nothing: it was deleted within the last 30 seconds            |
| `d:{d}:at`, `:keys`          | how many values were deleted, and the last thousand of their keys                |
| `n:{post}`                  | the counters of a post with their version                                        |
| `l:{key}`                   | a rate limit: a moment and what is owed                                          |
| `h2:{group}:<user>`         | a home timeline: a list of its state and its entries                             |
| `t:{t}:scores`, `:weights`  | trending posts: their scores, and what those are made of                         |
| `t:{t}:seen:<minute>`       | the events of a minute, so that none counts twice                                |
| `run`                       | which run of the server the other keys were written to                           |
"""

from socialfeed.adapters.redis.store import RedisStore, open_redis

__all__ = ["RedisStore", "open_redis"]
