"""Jobs by way of a broker: Redis, Valkey or RabbitMQ, with Dramatiq.

`redis://`, `rediss://`, `valkey://`: as `socialfeed.adapters.redis` reads them, in database 4 unless another than 0
is named. Redis keeps jobs as safely as it is told to keep anything: use `appendonly yes`.

`amqp://user:password@host:port/vhost`, `amqps://`: RabbitMQ, whose queues are durable. With `?prefix=name.` the names
of the queues begin with another word than `socialfeed.`.

Each job of the `JobTable` is an actor of the same name. A message carries an event's envelope and nothing else. A job
that fails is tried again with growing pauses, for about a day, and then kept as a dead letter for a week; one that is
`Rejected` becomes a dead letter at once. Messages of a job or an event this version does not know end there too:
start new workers before new web processes.
"""

from socialfeed.adapters.dramatiq.jobs import DramatiqJobs
from socialfeed.adapters.dramatiq.rabbitmq import open_rabbitmq
from socialfeed.adapters.dramatiq.redis import open_redis_broker

__all__ = ["DramatiqJobs", "open_rabbitmq", "open_redis_broker"]
